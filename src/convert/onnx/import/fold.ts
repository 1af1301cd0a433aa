/** Computes operators on constants: the shapes, axes and bounds that exporters compute in the graph. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sum } from '../../../io/count.js'
import { elementAt } from '../../../io/element.js'
import { sizeOf } from '../../../net/shape.js'
import { transposeNumbers } from './arrays.js'
import { type Constant, constantOf, type Numbers } from './constant.js'
import type { Read, Site } from './site.js'

/** Values of a constant that an operator may compute: far more than a shape has. */
const mostFolded = 2 ** 16

/** Refuses a result too large to be computed here. */
const checkFolded = (site: Site, dims: readonly number[]): Read<readonly number[]> =>
  dims.every(dim => Number.isSafeInteger(dim) && dim >= 0) && sizeOf(dims) <= mostFolded
    ? E.right(dims)
    : site.differs('output', `at most ${mostFolded.toLocaleString('en')} values`, dims.join(' × '))

type Arithmetic = (a: number, b: number, isInteger: boolean) => number

export const arithmetic: Readonly<Record<string, Arithmetic>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b, isInteger) => (isInteger ? Math.trunc(a / b) : a / b),
  Pow: (a, b) => a ** b,
  Min: (a, b) => Math.min(a, b),
  Max: (a, b) => Math.max(a, b),
}

export const unary: Readonly<Record<string, (a: number) => number>> = {
  Neg: a => -a,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Abs: Math.abs,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Reciprocal: a => 1 / a,
}

const newNumbers = (isInteger: boolean, length: number): Numbers =>
  isInteger ? new Float64Array(length) : new Float32Array(length)

/** The sizes of two constants that broadcast; null where they do not. */
const broadcastDims = (a: readonly number[], b: readonly number[]): readonly number[] | null => {
  const rank = Math.max(a.length, b.length)
  const [left, right] = [a, b].map(dims => [...new Array<number>(rank - dims.length).fill(1), ...dims])
  const dims = (left ?? []).map((size, axis) => (size === 1 ? (right?.[axis] ?? 1) : size))
  return dims.every((size, axis) => right?.[axis] === 1 || right?.[axis] === size) ? dims : null
}

/** Where in a constant's numbers the value for a position of the result is. */
const readerOf = (constant: Constant, dims: readonly number[]): ((position: number) => number) => {
  const data = constant.read()
  const offset = dims.length - constant.dims.length
  const axes = dims.map((size, axis) => {
    const own = constant.dims[axis - offset] ?? 1
    return {
      size,
      below: sizeOf(dims.slice(axis + 1)),
      step: own === 1 ? 0 : sizeOf(constant.dims.slice(axis - offset + 1)),
    }
  })
  return position =>
    data[axes.reduce((at, { size, below, step }) => at + (Math.floor(position / below) % size) * step, 0)] ??
    0
}

/** The constant that an operation on two gives. */
export const foldBinary = (site: Site, operate: Arithmetic, a: Constant, b: Constant): Read<Constant> => {
  const dims = broadcastDims(a.dims, b.dims)
  if (dims === null)
    return site.differs('input 1', `sizes that broadcast to ${a.dims.join(' × ')}`, b.dims.join(' × '))
  return pipe(
    checkFolded(site, dims),
    E.map(() => {
      const isInteger = a.isInteger && b.isInteger
      const [left, right] = [readerOf(a, dims), readerOf(b, dims)]
      const data = newNumbers(isInteger, sizeOf(dims))
      for (let i = 0; i < data.length; i++) data[i] = operate(left(i), right(i), isInteger)
      return constantOf(dims, isInteger, data)
    }),
  )
}

/** The constant that an operation on each value gives. */
export const foldUnary = (site: Site, operate: (a: number) => number, constant: Constant): Read<Constant> =>
  pipe(
    checkFolded(site, constant.dims),
    E.map(() => {
      const data = newNumbers(constant.isInteger, sizeOf(constant.dims))
      constant.read().forEach((value: number, i: number) => {
        data[i] = operate(value)
      })
      return constantOf(constant.dims, constant.isInteger, data)
    }),
  )

/** The axes of a weight in another order, when it is read. */
export const foldTranspose = (constant: Constant, order: readonly number[]): Constant => ({
  dims: order.map(axis => constant.dims[axis] ?? 1),
  isInteger: constant.isInteger,
  read: () => transposeNumbers(constant.read(), constant.dims, order),
})

/** A constant as [outer, along, inner] of an axis. */
const splitAt = ({ dims }: Constant, axis: number) => ({
  outer: sizeOf(dims.slice(0, axis)),
  along: dims[axis] ?? 1,
  inner: sizeOf(dims.slice(axis + 1)),
})

const takeNumbers = (constant: Constant, axis: number, positions: readonly number[]): Numbers => {
  const { outer, along, inner } = splitAt(constant, axis)
  const from = constant.read()
  const data = newNumbers(constant.isInteger, outer * positions.length * inner)
  let written = 0
  for (let i = 0; i < outer; i++)
    for (const position of positions)
      for (let k = 0; k < inner; k++) data[written++] = elementAt(from, (i * along + position) * inner + k)
  return data
}

/** The values at some positions of an axis, no more than there are: computed when they are read. */
export const foldTake = (
  site: Site,
  constant: Constant,
  axis: number,
  positions: readonly number[],
  dims: readonly number[],
): Read<Constant> => {
  const { along } = splitAt(constant, axis)
  const wrong = positions.find(position => !(position >= 0 && position < along))
  if (wrong !== undefined) return site.differs('indices', `from 0 to ${along - 1}`, `${wrong}`)
  if (positions.length > along) return site.differs('indices', `at most ${along}`, `${positions.length}`)
  return E.right({ dims, isInteger: constant.isInteger, read: () => takeNumbers(constant, axis, positions) })
}

/** Constants one after another along an axis. */
export const foldConcat = (site: Site, constants: readonly Constant[]): Read<Constant> =>
  pipe(
    site.axis(site.int('axis', 0), constants[0]?.dims.length ?? 0),
    E.flatMap(axis => {
      const [first] = constants
      const sizes = constants.map(({ dims }) => dims[axis] ?? 1)
      const dims = (first?.dims ?? []).map((size, each) => (each === axis ? sum(sizes) : size))
      return pipe(
        checkFolded(site, dims),
        E.map(() => {
          const isInteger = constants.every(constant => constant.isInteger)
          const data = newNumbers(isInteger, sizeOf(dims))
          const parts = constants.map(constant => ({ from: constant.read(), ...splitAt(constant, axis) }))
          let written = 0
          for (let i = 0; i < (parts[0]?.outer ?? 0); i++)
            for (const { from, along, inner } of parts)
              for (let k = 0; k < along * inner; k++) data[written++] = elementAt(from, i * along * inner + k)
          return constantOf(dims, isInteger, data)
        }),
      )
    }),
  )

/** One value throughout. */
export const foldFill = (site: Site, dims: readonly number[], value: Constant | null): Read<Constant> =>
  pipe(
    checkFolded(site, dims),
    E.map(() => {
      const data = newNumbers(value?.isInteger ?? false, sizeOf(dims)).fill(value?.read()[0] ?? 0)
      return constantOf(dims, value?.isInteger ?? false, data)
    }),
  )

/** A constant repeated to larger sizes. */
export const foldExpand = (site: Site, constant: Constant, dims: readonly number[]): Read<Constant> =>
  pipe(
    foldFill(site, dims, constantOf([], constant.isInteger, newNumbers(constant.isInteger, 1))),
    E.flatMap(zeros => foldBinary(site, value => value, constant, zeros)),
  )
