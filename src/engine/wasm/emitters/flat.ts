/** Emits elementwise operations, sums, copies and updates. */
import type { Binary, OpOf, Unary, Value } from '../../../graph/graph.js'
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'
import { bytesOf, channelsFrom, isFlat, type Place, type Step, step } from '../planning/buffers.js'
import { type Emitted, type Emitter, nth, shapeOf } from './emitter.js'

const vectors = (floats: number): number => Math.ceil(floats / 4)

const unaryKinds: { readonly [K in Unary]: number } = {
  relu: 0,
  relu6: 1,
  sigmoid: 2,
  tanh: 3,
  exp: 4,
  log: 5,
  sqrt: 6,
  square: 7,
  abs: 8,
  sign: 9,
  neg: 10,
  erf: 11,
}

export const unary =
  <K extends Unary>(kind: K): Emitter<K> =>
  ({ value, inputs, output }) => ({
    steps: at => [
      step('unary', vectors(sizeOf(value.shape)), unaryKinds[kind], at(nth(inputs, 0)), at(output)),
    ],
  })

type Paired = Binary | 'reluGrad' | 'relu6Grad'

const pairedKinds: { readonly [K in Paired]: number } = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  minimum: 4,
  maximum: 5,
  greater: 6,
  reluGrad: 7,
  relu6Grad: 8,
}

/** An axis of an output, and each input's stride along it, in floats; 0 where it is broadcast. */
interface Axis {
  readonly size: number
  readonly moves: readonly number[]
}

const strideAlong = (shape: Shape, axis: number, rank: number): number => {
  const own = axis - rank + shape.length
  return own < 0 || shape[own] === 1 ? 0 : sizeOf(shape.slice(own + 1))
}

/** The fewest axes that describe a broadcast: contiguous neighbours are merged, axes of size 1 dropped. */
const mergeAxes = (output: Shape, inputs: readonly Shape[]): readonly Axis[] =>
  output
    .map((size, axis) => ({ size, moves: inputs.map(shape => strideAlong(shape, axis, output.length)) }))
    .filter(({ size }) => size > 1)
    .reduceRight<readonly Axis[]>((joined, axis) => {
      const [next, ...rest] = joined
      return next?.moves.every((move, i) => axis.moves[i] === move * next.size)
        ? [{ size: axis.size * next.size, moves: next.moves }, ...rest]
        : [axis, ...joined]
    }, [])

/** The two inner loops, which kernels run, and the offsets of inputs and output for each round of the outer ones. */
interface Loops {
  readonly rows: number
  readonly rowMoves: readonly number[]
  readonly inner: number
  readonly innerMoves: readonly number[]
  readonly rounds: readonly { readonly inputs: readonly number[]; readonly output: number }[]
}

const unitAxis = (count: number): Axis => ({ size: 1, moves: Array.from({ length: count }, () => 0) })

/** Splits a single long axis evenly in two, so that threads can share it. */
const splitAxis = (axes: readonly Axis[]): readonly Axis[] => {
  const [only, ...rest] = axes
  const width = 256
  if (only === undefined || rest.length > 0 || only.size <= width || only.size % width > 0) return axes
  return [
    { size: only.size / width, moves: only.moves.map(move => move * width) },
    { ...only, size: width },
  ]
}

const loopsOf = (output: Shape, inputs: readonly Shape[]): Loops => {
  const axes = splitAxis(mergeAxes(output, inputs))
  const inner = axes.at(-1) ?? unitAxis(inputs.length)
  const row = axes.at(-2) ?? unitAxis(inputs.length)
  const outerAxes = axes.slice(0, -2)
  const starts = outerAxes.reduce<readonly (readonly number[])[]>(
    (before, { size, moves }) =>
      before.flatMap(start =>
        Array.from({ length: size }, (_, i) => start.map((at, input) => at + i * (moves[input] ?? 0))),
      ),
    [inputs.map(() => 0)],
  )
  const block = row.size * inner.size
  return {
    rows: row.size,
    rowMoves: row.moves,
    inner: inner.size,
    innerMoves: inner.moves,
    rounds: starts.map((start, i) => ({ inputs: start, output: i * block })),
  }
}

export const binary =
  <K extends Paired>(kind: K): Emitter<K> =>
  ({ value, inputs, output }) => {
    const [a, b] = [shapeOf(value, 0), shapeOf(value, 1)]
    const size = sizeOf(value.shape)
    if (sizeOf(a) === size && sizeOf(b) === size)
      return {
        steps: at => [step('binary', vectors(size), pairedKinds[kind], ...inputs.map(at), at(output))],
      }
    const { rows, rowMoves, inner, innerMoves, rounds } = loopsOf(value.shape, [a, b])
    return {
      steps: at =>
        rounds.map(round => {
          const side = (i: 0 | 1) => [
            at(nth(inputs, i)) + bytesOf(round.inputs[i] ?? 0),
            rowMoves[i] ?? 0,
            innerMoves[i] ?? 0,
          ]
          return step(
            'stretched',
            rows,
            ...[pairedKinds[kind], ...side(0), ...side(1), at(output) + bytesOf(round.output), inner],
          )
        }),
    }
  }

export const broadcast: Emitter<'broadcast'> = ({ value, inputs, output }) => {
  const { rows, rowMoves, inner, innerMoves, rounds } = loopsOf(value.shape, [shapeOf(value, 0)])
  return {
    steps: at =>
      rounds.map(round =>
        step(
          'stretch',
          rows,
          ...[at(nth(inputs, 0)) + bytesOf(round.inputs[0] ?? 0), rowMoves[0] ?? 0, innerMoves[0] ?? 0],
          ...[at(output) + bytesOf(round.output), inner],
        ),
      ),
  }
}

/** Copies rows from one place to another, at once where neither has gaps. */
export const copy = (shape: Shape, inputs: readonly Place[], output: Place): Emitted => {
  const from = nth(inputs, 0)
  const width = shape.length === 0 ? 1 : channelsOf(shape)
  const flat = isFlat(shape, from) && isFlat(shape, output)
  return {
    steps: at => [
      flat
        ? step('move', 1, at(from), 0, at(output), 0, sizeOf(shape))
        : step('move', sizeOf(shape) / width, at(from), from.ld, at(output), output.ld, width),
    ],
  }
}

export const slice = (
  { op, shape }: Value & { readonly op: OpOf<'slice'> },
  inputs: readonly Place[],
  output: Place,
): Emitted => copy(shape, [channelsFrom(op.from, nth(inputs, 0))], output)

/** Neighbouring axes that are all summed, or all kept. */
interface AxisRun {
  readonly size: number
  readonly summed: boolean
}

const mergeSummedAxes = (shape: Shape, axes: readonly number[]): readonly AxisRun[] =>
  shape
    .map((size, axis) => ({ size, summed: axes.includes(axis) }))
    .filter(({ size }) => size > 1)
    .reduce<readonly AxisRun[]>((joined, next) => {
      const last = joined.at(-1)
      return last?.summed === next.summed
        ? [...joined.slice(0, -1), { size: last.size * next.size, summed: next.summed }]
        : [...joined, next]
    }, [])

const product = (runs: readonly AxisRun[]): number => runs.reduce((all, { size }) => all * size, 1)

/** One sum over neighbouring axes: [outer, middle, inner] → [outer, inner]. */
interface Pass {
  readonly outer: number
  readonly middle: number
  readonly inner: number
}

/** One pass for each run of summed axes, the last first. */
const passesOf = (runs: readonly AxisRun[]): readonly Pass[] => {
  const at = runs.findLastIndex(({ summed }) => summed)
  const middle = runs[at]
  if (middle === undefined) return []
  const [outer, inner] = [runs.slice(0, at), runs.slice(at + 1)]
  const pass = { outer: product(outer), middle: middle.size, inner: product(inner) }
  return [pass, ...passesOf([...outer, ...inner])]
}

/** Splits a long sum in two: over segments, in parallel, then over their results. */
const splitPass = (pass: Pass): readonly Pass[] => {
  const { outer, middle, inner } = pass
  return middle < 1024 || outer > 16 ? [pass] : [pass, { outer, middle: 16, inner }]
}

export const sum: Emitter<'sum'> = ({ value, inputs, output }) => {
  const passes = passesOf(mergeSummedAxes(shapeOf(value, 0), value.op.axes)).flatMap(splitPass)
  if (passes.length === 0) return copy([sizeOf(value.shape)], inputs, output)
  const sizes = passes.map((_, i) => {
    const next = passes[i + 1]
    return next === undefined ? 0 : next.outer * next.middle * next.inner
  })
  return {
    work: sizes.slice(0, -1),
    steps: (at, work) =>
      passes.map(({ outer, middle, inner }, i): Step => {
        const from = i === 0 ? at(nth(inputs, 0)) : (work[i - 1] ?? 0)
        const to = i === passes.length - 1 ? at(output) : (work[i] ?? 0)
        const segments = i === passes.length - 1 ? 1 : (sizes[i] ?? 0) / (outer * inner)
        return step('sum', outer * segments, segments, from, middle, inner, to)
      }),
  }
}

/** Copies each input to its channels of the output, unless it was written there. */
export const concat: Emitter<'concat'> = ({ value, inputs, output }) => {
  const rows = sizeOf(value.shape) / channelsOf(value.shape)
  return {
    steps: at =>
      inputs.flatMap((input, i) => {
        const before = value.inputs.slice(0, i).reduce((sum, { shape }) => sum + channelsOf(shape), 0)
        const to = at(channelsFrom(before, output))
        return at(input) === to
          ? []
          : [step('move', rows, at(input), input.ld, to, output.ld, channelsOf(shapeOf(value, i)))]
      }),
  }
}

export const eye: Emitter<'eye'> = ({ value: { shape }, output }) => ({
  steps: at => [step('eye', channelsOf(shape), channelsOf(shape), at(output))],
})

export const inverse: Emitter<'inverse'> = ({ value: { shape }, inputs, output }) => ({
  work: [4 * sizeOf(shape)],
  steps: (at, [work = 0]) => [step('inverse', 1, at(nth(inputs, 0)), channelsOf(shape), work, at(output))],
})

export const largest: Emitter<'largest'> = ({ value: { op, shape }, inputs, output }) => ({
  steps: at => [step('largest', sizeOf(shape), at(nth(inputs, 0)), sizeOf(shape), op.count, at(output))],
})

export const assign: Emitter<'assign'> = ({ value, inputs, variables }) => ({
  steps: at => [step('move', 1, at(nth(inputs, 0)), 0, at(nth(variables, 0)), 0, sizeOf(value.shape))],
})

export const average: Emitter<'average'> = ({ value, inputs, variables }) => ({
  steps: at => [
    step('average', vectors(sizeOf(value.shape)), at(nth(variables, 0)), at(nth(inputs, 0)), value.op.keep),
  ],
})

export const momentum: Emitter<'momentum'> = ({ value, inputs, variables }) => ({
  steps: at => [
    step(
      'momentum',
      vectors(sizeOf(value.shape)),
      ...[...variables.map(at), ...inputs.map(at), value.op.momentum, Number(value.op.nesterov)],
    ),
  ],
})

export const adam: Emitter<'adam'> = ({ value, inputs, variables }) => ({
  steps: at => [
    step(
      'adam',
      vectors(sizeOf(value.shape)),
      ...[...variables.map(at), ...inputs.map(at), value.op.beta1, value.op.beta2, value.op.epsilon],
    ),
  ],
})

export const nothing = (): Emitted => ({ steps: () => [] })
