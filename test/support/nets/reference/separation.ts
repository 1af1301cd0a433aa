/** The terms of separation in plain loops, and features to hold them against. */
import * as fc from 'fast-check'
import { differentiate } from '../../../../src/graph/differentiate.js'
import * as op from '../../../../src/graph/operations.js'
import {
  axisSeparation,
  compactness,
  correlation,
  ridgeSeparation,
  type Scatter,
  scatter,
} from '../../../../src/graph/separation.js'
import { normal, stream } from '../../../../src/net/random.js'
import { evaluate } from '../reference.js'

/** Features [images][d] of labelled images. */
export interface Seen {
  readonly classes: number
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly number[]
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
export const range = (size: number): readonly number[] => Array.from({ length: size }, (_, i) => i)

export const drawn = (seed: number, images: number, size: number, classes: number): Seen => {
  const draw = stream(seed, 'separation')
  const gauss = normal(draw)
  const labels = range(images).map(i => i % classes)
  const rows = labels.map(label => range(size).map(j => (j % classes === label ? 1.5 : 0) + gauss()))
  return { classes, rows, labels }
}

/** Each class has two images at least. */
export const seen: fc.Arbitrary<Seen> = fc
  .record({
    seed: fc.nat(),
    classes: fc.integer({ min: 2, max: 4 }),
    size: fc.integer({ min: 1, max: 6 }),
    more: fc.nat(6),
  })
  .map(({ seed, classes, size, more }) => drawn(seed, 2 * classes + more, size, classes))

// The terms as their definitions read.

export const sizeOf = ({ rows }: Seen): number => rows[0]?.length ?? 0

const classMean = ({ rows, labels }: Seen, c: number, j: number): number => {
  const values = rows.flatMap((row, i) => (labels[i] === c ? [row[j] ?? 0] : []))
  return values.length === 0 ? 0 : mean(values)
}

const column = ({ rows }: Seen, j: number): readonly number[] => rows.map(row => row[j] ?? 0)

const deviation = (data: Seen, i: number, j: number): number =>
  (data.rows[i]?.[j] ?? 0) - classMean(data, data.labels[i] ?? 0, j)

const offset = (data: Seen, c: number, j: number): number => classMean(data, c, j) - mean(column(data, j))

const withinOf = (data: Seen): readonly number[] =>
  range(sizeOf(data)).map(j => mean(data.rows.map((_, i) => deviation(data, i, j) ** 2)))

const betweenOf = (data: Seen): readonly number[] =>
  range(sizeOf(data)).map(j => mean(data.labels.map(label => offset(data, label, j) ** 2)))

/** What `stopGradient` holds still: computed once, where a slope is asked for. */
interface Held {
  readonly epsilon: number
  readonly ridge: number
  readonly chosen: readonly number[]
}

const gainsOf = (data: Seen, epsilon: number): readonly number[] => {
  const within = withinOf(data)
  return betweenOf(data).map((sb, j) => Math.log(1 + sb / ((within[j] ?? 0) + epsilon)))
}

export const heldOf = (data: Seen): Held => {
  const epsilon = 0.01 * mean(withinOf(data)) + 1e-6
  const gains = gainsOf(data, epsilon)
  const total = range(sizeOf(data)).map(j => mean(column(data, j).map(x => (x - mean(column(data, j))) ** 2)))
  return {
    epsilon,
    ridge: 0.1 * mean(total) + 1e-6,
    chosen: range(gains.length)
      .toSorted((a, b) => (gains[b] ?? 0) - (gains[a] ?? 0))
      .slice(0, data.classes - 1),
  }
}

type Plain = (data: Seen, held: Held) => number

/** tr(M⁻¹B), by solving M·X = B with Gauss's elimination. */
const traceOfQuotient = (m: readonly (readonly number[])[], b: readonly (readonly number[])[]): number => {
  const rows = m.map((row, i) => [...row, ...(b[i] ?? [])])
  rows.forEach((_, i) => {
    const pivot = rows[i] ?? []
    const head = pivot[i] ?? Number.NaN
    rows[i] = pivot.map(x => x / head)
    rows.forEach((row, r) => {
      if (r !== i) rows[r] = row.map((x, j) => x - (row[i] ?? 0) * (rows[i]?.[j] ?? 0))
    })
  })
  return sum(rows.map((row, i) => row[m.length + i] ?? Number.NaN))
}

const axis: Plain = (data, { epsilon, chosen }) =>
  mean(chosen.map(j => gainsOf(data, epsilon)[j] ?? Number.NaN))

const ridge: Plain = (data, held) => {
  const d = range(sizeOf(data))
  const means = d.map(j => mean(column(data, j)))
  const centred = (i: number, j: number) => (data.rows[i]?.[j] ?? 0) - (means[j] ?? 0)
  const total = d.map(j =>
    d.map(k => mean(data.rows.map((_, i) => centred(i, j) * centred(i, k))) + (j === k ? held.ridge : 0)),
  )
  const between = d.map(j => d.map(k => mean(data.labels.map(c => offset(data, c, j) * offset(data, c, k)))))
  return traceOfQuotient(total, between) / (data.classes - 1)
}

const correlated: Plain = (data, { epsilon }) => {
  const d = range(sizeOf(data))
  const within = withinOf(data)
  const q = (i: number, j: number) => deviation(data, i, j) / Math.sqrt((within[j] ?? 0) + epsilon)
  const pairs = d.flatMap(j =>
    d.flatMap(k => (j === k ? [] : [mean(data.rows.map((_, i) => q(i, j) * q(i, k)))])),
  )
  return pairs.length === 0 ? 0 : mean(pairs.map(r => r ** 2))
}

const compact: Plain = data => {
  const deviations = betweenOf(data).map(sb => Math.sqrt(sb + 1e-8))
  return sum(deviations) / Math.sqrt(sum(deviations.map(s => s ** 2)) * deviations.length)
}

export const terms: Readonly<
  Record<string, readonly [(classes: Scatter) => ReturnType<typeof axisSeparation>, Plain]>
> = {
  axis: [axisSeparation, axis],
  ridge: [ridgeSeparation, ridge],
  correlation: [correlation, correlated],
  compactness: [compactness, compact],
}

/** A term and its slopes by every feature, by the graph. */
export const byGraph = (
  term: (classes: Scatter) => ReturnType<typeof axisSeparation>,
  { classes, rows, labels }: Seen,
) => {
  const features = op.input('features', [rows.length, rows[0]?.length ?? 0])
  const value = term(scatter(features, op.input('targets', [rows.length, classes])))
  const slopes = differentiate()(value, [features])[0] ?? value
  const targets = labels.flatMap(label => range(classes).map(c => (c === label ? 1 : 0)))
  const { outputs } = evaluate(
    { outputs: { value, slopes }, updates: [] },
    { features: Float64Array.from(rows.flat()), targets: Float64Array.from(targets) },
    {},
  )
  return { value: outputs.value?.[0] ?? Number.NaN, slopes: [...(outputs.slopes ?? [])] }
}

const moved = (data: Seen, i: number, j: number, by: number): Seen => ({
  ...data,
  rows: data.rows.with(i, (data.rows[i] ?? []).with(j, (data.rows[i]?.[j] ?? 0) + by)),
})

export const differences = (plain: Plain, data: Seen, h = 1e-5): readonly number[] => {
  const held = heldOf(data)
  return data.rows.flatMap((row, i) =>
    row.map((_, j) => (plain(moved(data, i, j, h), held) - plain(moved(data, i, j, -h), held)) / (2 * h)),
  )
}

/** The features of each image, so many times side by side. */
export const duplicated = (data: Seen, times: number): Seen => ({
  ...data,
  rows: data.rows.map(row => range(times).flatMap(() => row)),
})

/** Features that leave a term little or nothing to go by. */
export const guards: readonly (readonly [string, Seen])[] = [
  ['a class without an image', { ...drawn(1, 8, 4, 2), classes: 3 }],
  ['one class', { ...drawn(1, 8, 4, 1), classes: 1 }],
  ['constant features', { ...drawn(1, 8, 4, 2), rows: range(8).map(() => [1, 1, 0, -2]) }],
  ['features that are all zero', { ...drawn(1, 8, 4, 2), rows: range(8).map(() => [0, 0, 0, 0]) }],
  ['one feature, again and again', duplicated(drawn(1, 12, 1, 3), 5)],
  ['fewer images than features', drawn(1, 3, 9, 2)],
  ['one image', drawn(1, 1, 3, 2)],
  ['one feature', drawn(1, 8, 1, 4)],
  ['no spread within classes', { ...drawn(1, 6, 3, 3), rows: range(6).map(i => [i % 3, 0, 1]) }],
]

export const value = (term: keyof typeof terms, data: Seen): number => {
  const [build] = terms[term] ?? []
  return build === undefined ? Number.NaN : byGraph(build, data).value
}
