/** What a push has done so far, on validation images: how far apart classes are, and on how few features they rest. */
import { setImmediate } from 'node:timers/promises'
import type { Feed } from '../data/batches.js'
import type { Session } from '../engine/engine.js'
import { keyOf } from '../net/slots.js'
import type { Tensor, Weights } from '../net/weights.js'
import type { Decision } from '../surgery/decision.js'
import { addMoments, best, holding, noMoments, powerOf, type Spread, spreadOf } from './discriminants.js'

/** Figures of the pre-decision features. */
export interface Alignment {
  /** The mean over the classes − 1 best features of log(1 + sb/sw). */
  readonly separation: number
  /** The mean squared correlation of two different features within classes. */
  readonly correlation: number
  /** Features that hold 95 % and 99 % of the variance between classes. */
  readonly holding95: number
  readonly holding99: number
  readonly features: number
  /** The share of images answered right with only the best 8, 16, 32, … features kept, the head untouched. */
  readonly byFeatures: Readonly<Record<string, number>>
}

/** Rows of features with their labels. */
interface Table {
  readonly rows: readonly Float32Array[]
  readonly labels: readonly number[]
}

/** The features of every image of a feed. */
const tabulate = async (session: Session, feed: Feed, size: number): Promise<Table> => {
  const rows: Float32Array[] = []
  const labels: number[] = []
  for (let step = 0; step < feed.batches; step++) {
    const batch = await feed.batch(0, step)
    const { features = new Float32Array() } = session.run('infer', { images: batch.images })
    for (let i = 0; i < batch.size; i++) {
      rows.push(features.slice(i * size, (i + 1) * size))
      labels.push(batch.labels[i] ?? 0)
    }
    await setImmediate()
  }
  return { rows, labels }
}

/** Σ_{i≠j} R²/(d(d−1)), R the correlations within classes. */
const correlationIn = ({ rows, labels }: Table, { means, within }: Spread): number => {
  const size = within.length
  const sums = new Float64Array(size * size)
  const scaled = new Float64Array(size)
  rows.forEach((row, i) => {
    const label = labels[i] ?? 0
    for (let j = 0; j < size; j++)
      scaled[j] = ((row[j] ?? 0) - (means[label * size + j] ?? 0)) / Math.sqrt((within[j] ?? 0) + 1e-12)
    for (let j = 0; j < size; j++)
      for (let k = 0; k < j; k++)
        sums[j * size + k] = (sums[j * size + k] ?? 0) + (scaled[j] ?? 0) * (scaled[k] ?? 0)
  })
  const squares = sums.reduce((sum, value) => sum + (value / rows.length) ** 2, 0)
  return (2 * squares) / Math.max(1, size * (size - 1))
}

/** The share answered right by a linear head that sees only these features. */
const accuracyBy = (
  { rows, labels }: Table,
  kernel: Tensor,
  bias: Tensor | undefined,
  kept: readonly number[],
): number => {
  const classes = kernel.shape[1] ?? 1
  const right = rows.filter((row, i) => {
    const logits = Float64Array.from({ length: classes }, (_, c) =>
      kept.reduce((sum, j) => sum + (row[j] ?? 0) * (kernel.data[j * classes + c] ?? 0), bias?.data[c] ?? 0),
    )
    return logits.indexOf(logits.reduce((a, b) => Math.max(a, b))) === labels[i]
  })
  return right.length / Math.max(1, rows.length)
}

const counts = (size: number): readonly number[] => [8, 16, 32, 64, 128, 256].filter(count => count < size)

/** Looks at a session whose `infer` gives `features`. */
export const inspecting =
  ({ head, size }: Decision, classes: number) =>
  async (session: Session, feed: Feed): Promise<Alignment> => {
    const table = await tabulate(session, feed, size)
    const flat = Float32Array.from(table.rows.flatMap(row => [...row]))
    const labels = Int32Array.from(table.labels)
    const spread = spreadOf(addMoments({ labels, size: labels.length })(flat)(noMoments(classes, size)))
    const power = powerOf(spread)
    const weights: Weights = session.read()
    const kernel = weights[keyOf(head, 'kernel')]
    const top = best(classes - 1, power)
    return {
      separation: top.reduce((sum, j) => sum + Math.log1p(power[j] ?? 0), 0) / Math.max(1, top.length),
      correlation: correlationIn(table, spread),
      holding95: holding(0.95, spread.between),
      holding99: holding(0.99, spread.between),
      features: size,
      byFeatures: Object.fromEntries(
        counts(size).map(count => [
          `${count}`,
          kernel === undefined
            ? 0
            : accuracyBy(table, kernel, weights[keyOf(head, 'bias')], best(count, power)),
        ]),
      ),
    }
  }
