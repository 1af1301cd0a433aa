/** The first-order effect on the loss of deleting a channel. */

import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Session } from '../../engine/engine.js'
import type { Graph } from '../../graph/graph.js'
import { crossEntropy } from '../../graph/loss.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import { childPath, type Path, parentPath } from '../../net/path.js'
import type { Model } from '../../net/weights.js'
import { bareUnits } from '../../surgery/analysis/norms.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import { gradientsAndGates } from '../training/train.js'
import { gateKey, isKeyOf } from '../weight-key.js'
import { type Calibration, foldBatches, withProgram, withWeights } from './calibration.js'
import { type Evidence, measureUtilities } from './evidence.js'

/** The loss's gradients in one batch, by the key of the weight, or by `path/gate` for a unit without batch norm. */
export type Gradients = Readonly<Record<string, Float32Array>>

/** The loss's gradients by the weights and gates whose keys `isWanted`, the running statistics fixed. */
const gradientsCall =
  (batch: number, isWanted: (key: string) => boolean) =>
  (net: CheckedNet): Graph => {
    const lowered = lower({ batch, mode: 'inference' })(net)
    const loss = crossEntropy(lowered.logits, op.input('targets', lowered.logits.shape))
    const gated = bareUnits(net).filter(path => isWanted(gateKey(path)))
    const { weights, gates } = gradientsAndGates(lowered, loss, gated)
    const expected = weights.filter(({ key }) => isWanted(key))
    return {
      outputs: Object.fromEntries([
        ...expected.map(({ key, gradient }) => [key, gradient] as const),
        ...[...gates].map(([path, gradient]) => [gateKey(path), gradient] as const),
      ]),
      updates: [],
    }
  }

/** What an evidence measures of a model of the net that it was opened for. */
type Measure<Seen> = (model: Model) => TE.TaskEither<LearnError, Seen>

/** Opens what measures `gradients` of models of a net, one after another, for as long as `use` takes. */
export const withGradients =
  (isWanted: (key: string) => boolean) =>
  (calibration: Calibration) =>
  (net: CheckedNet) =>
  <Err, A>(
    use: (measure: Measure<readonly Gradients[]>) => TE.TaskEither<Err, A>,
  ): TE.TaskEither<LearnError | Err, A> => {
    const program = { gradients: gradientsCall(calibration.batch, isWanted)(net) }
    const measure = (session: Session<typeof program>) =>
      foldBatches<readonly Gradients[]>(calibration, [], ({ images, targets }) => before => [
        ...before,
        session.run('gradients', { images, targets }),
      ])
    return withProgram(calibration, program, session =>
      use(model => withWeights(calibration, session, model, measure)),
    )
  }

/**
 * The gradients of the mean loss of each batch by the weights whose keys `isWanted`, and by a gate of 1 on the channels
 * of each unit without batch norm, under `path/gate`.
 */
export const gradients =
  (isWanted: (key: string) => boolean): Evidence<readonly Gradients[]> =>
  calibration =>
  model =>
    withGradients(isWanted)(calibration)(model)(measure => measure(model))

/** The slots in which the effect of a channel is measured: its batch norm's scale and shift, or its gate. */
const channelSlots = ['scale', 'shift', 'gate'] as const

const gateAtOne = 1

/**
 * √ of the mean over batches of (γ·∂L/∂γ + β·∂L/∂β)², and of (∂L/∂gate)² without batch norm: the first-order effect of
 * deleting a channel.
 *
 * Source  Molchanov et al. 2019
 */
export const taylor: Criterion<readonly Gradients[]> = ({ weights }, batches) => {
  const [first = {}] = batches
  const valueAt = (key: string, channel: number): number =>
    isKeyOf(key, 'gate') ? gateAtOne : elementAt(weights[key]?.data ?? [], channel)
  const keysAt = (path: Path) => channelSlots.map(slot => childPath(path, slot)).filter(key => key in first)
  const effect = (batchGradients: Gradients, keys: readonly string[], channel: number): number =>
    keys.reduce((sum, key) => sum + valueAt(key, channel) * elementAt(batchGradients[key] ?? [], channel), 0)
  const paths = Object.keys(first).flatMap(key => (isKeyOf(key, 'scale', 'gate') ? [parentPath(key)] : []))
  return E.right(
    Object.fromEntries(
      paths.map(path => {
        const keys = keysAt(path)
        const utility = (_: number, channel: number): number => {
          const squares = batches.reduce(
            (sum, batchGradients) => sum + effect(batchGradients, keys, channel) ** 2,
            0,
          )
          return Math.sqrt(squares / batches.length)
        }
        return [path, Float64Array.from(first[keys[0] ?? ''] ?? [], utility)]
      }),
    ),
  )
}

/** The gradients by each channel: of its batch norm's scale and shift, or of its gate. */
export const channelGradients: Evidence<readonly Gradients[]> = gradients(key =>
  isKeyOf(key, ...channelSlots),
)

/** Utilities by `taylor`. */
export const taylorUtilities: Evidence<Utilities> = measureUtilities(channelGradients, taylor)
