/** Emits elementwise operations, where shapes differ as loops over broadcast axes. */

import type { Binary, Unary } from '../../../graph/graph.js'
import { elementAt } from '../../../io/element.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import { bytesOf, step } from '../planning/buffers.js'
import { type Emitter, nth, shapeOf, vectors } from './emitter.js'

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

/** The three inner loops, which kernels run, and the offsets of inputs and output for each round of the outer ones. */
interface Loops {
  /** Of all blocks. */
  readonly rows: number
  /** Rows of a block. */
  readonly block: number
  readonly blockMoves: readonly number[]
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
  const block = axes.at(-3) ?? unitAxis(inputs.length)
  const outerAxes = axes.slice(0, -3)
  const starts = outerAxes.reduce<readonly (readonly number[])[]>(
    (before, { size, moves }) =>
      before.flatMap(start =>
        Array.from({ length: size }, (_, i) => start.map((at, input) => at + i * elementAt(moves, input))),
      ),
    [inputs.map(() => 0)],
  )
  const rows = block.size * row.size
  return {
    rows,
    block: row.size,
    blockMoves: block.moves,
    rowMoves: row.moves,
    inner: inner.size,
    innerMoves: inner.moves,
    rounds: starts.map((start, i) => ({ inputs: start, output: i * rows * inner.size })),
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
    const { rows, block, blockMoves, rowMoves, inner, innerMoves, rounds } = loopsOf(value.shape, [a, b])
    return {
      steps: at =>
        rounds.map(round => {
          const side = (i: 0 | 1) => [
            at(nth(inputs, i)) + bytesOf(elementAt(round.inputs, i)),
            elementAt(blockMoves, i),
            elementAt(rowMoves, i),
            elementAt(innerMoves, i),
          ]
          return step(
            'stretched',
            rows,
            ...[pairedKinds[kind], block, ...side(0), ...side(1), at(output) + bytesOf(round.output), inner],
          )
        }),
    }
  }

export const broadcast: Emitter<'broadcast'> = ({ value, inputs, output }) => {
  const { rows, block, blockMoves, rowMoves, inner, innerMoves, rounds } = loopsOf(value.shape, [
    shapeOf(value, 0),
  ])
  return {
    steps: at =>
      rounds.map(round =>
        step(
          'stretch',
          rows,
          ...[
            block,
            at(nth(inputs, 0)) + bytesOf(elementAt(round.inputs, 0)),
            elementAt(blockMoves, 0),
            elementAt(rowMoves, 0),
            elementAt(innerMoves, 0),
          ],
          ...[at(output) + bytesOf(round.output), inner],
        ),
      ),
  }
}
