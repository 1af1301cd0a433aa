/** Operators that change how a tensor shows a value, and no value: Reshape, Transpose, Flatten, Squeeze, … */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sizeOf } from '../../../../net/shape.js'
import { type Constant, constantOf, withDims } from '../constant.js'
import { foldExpand, foldFill, foldTranspose } from '../fold.js'
import type { Operator, Read, Site } from '../site.js'
import { constantValue, type Live, type Value } from '../value.js'
import { dimsOf, reshapeView, transposeView } from '../view.js'

/** The sizes of a tensor. */
export const dimsOfValue = (
  value: Live | { readonly _tag: 'constant'; readonly constant: Constant },
): readonly number[] => (value._tag === 'live' ? dimsOf(value.view) : value.constant.dims)

/** The first input, which is no softmax. */
export const tensorInput = (
  site: Site,
): Read<Live | { readonly _tag: 'constant'; readonly constant: Constant }> =>
  pipe(
    site.input(0),
    E.flatMap(value =>
      value._tag === 'live' || value._tag === 'constant' ? E.right(value) : E.left(value.fault),
    ),
  )

/** The same values under other sizes. */
export const reshapeTo = (
  site: Site,
  value: Live | { readonly _tag: 'constant'; readonly constant: Constant },
  dims: readonly number[],
): Read<Value> => {
  const before = dimsOfValue(value)
  const refused = site.differs(
    'shape',
    `sizes that split or join those of ${before.join(' × ')}`,
    dims.join(' × '),
  )
  if (sizeOf(dims) !== sizeOf(before)) return refused
  if (value._tag === 'constant') return E.right(constantValue(withDims(value.constant, dims)))
  const view = reshapeView(value.view, dims)
  return view === null ? refused : E.right({ ...value, view })
}

/** An operator whose result has other sizes, and the same values in the same order. */
const reshaping =
  (dimsFrom: (site: Site, dims: readonly number[]) => Read<readonly number[]>): Operator =>
  site =>
    pipe(
      tensorInput(site),
      E.bindTo('value'),
      E.bind('dims', ({ value }) => dimsFrom(site, dimsOfValue(value))),
      E.flatMap(({ value, dims }) => reshapeTo(site, value, dims)),
      E.map(output => [output]),
    )

/** A 0 stands for the size there was, a −1 for what is left. */
const resolveSizes = (
  site: Site,
  wanted: readonly number[],
  dims: readonly number[],
): Read<readonly number[]> => {
  const keepsZero = site.int('allowzero', 0) === 1
  const sizes = wanted.map((size, axis) => (size === 0 && !keepsZero ? (dims[axis] ?? 0) : size))
  const known = sizeOf(sizes.filter(size => size !== -1))
  const open = sizes.filter(size => size === -1).length
  return open <= 1 && sizes.every(size => Number.isSafeInteger(size) && size >= -1)
    ? E.right(sizes.map(size => (size === -1 ? sizeOf(dims) / known : size)))
    : site.differs('shape', 'whole sizes, one −1 at most', `${wanted}`)
}

export const reshape = reshaping((site, dims) =>
  pipe(
    site.numbers(1),
    E.flatMap(wanted => resolveSizes(site, wanted, dims)),
  ),
)

export const flatten = reshaping((site, dims) => {
  const axis = site.int('axis', 1)
  const at = axis < 0 ? axis + dims.length : axis
  return E.right([sizeOf(dims.slice(0, at)), sizeOf(dims.slice(at))])
})

const axesOf = (site: Site, rank: number): Read<readonly number[] | null> =>
  pipe(
    site.numbersOf('axes', 1),
    E.flatMap(axes =>
      axes === null ? E.right(null) : E.traverseArray((axis: number) => site.axis(axis, rank))(axes),
    ),
  )

export const squeeze = reshaping((site, dims) =>
  pipe(
    axesOf(site, dims.length),
    E.map(axes => dims.filter((size, axis) => (axes === null ? size !== 1 : !axes.includes(axis)))),
  ),
)

export const unsqueeze = reshaping((site, dims) =>
  pipe(
    site.numbersOf('axes', 1),
    E.flatMap(axes => axesOf(site, dims.length + (axes?.length ?? 0))),
    E.map(axes => {
      const rest = [...dims]
      return Array.from({ length: dims.length + (axes?.length ?? 0) }, (_, axis) =>
        axes?.includes(axis) ? 1 : (rest.shift() ?? 1),
      )
    }),
  ),
)

const isOrder = (order: readonly number[], rank: number): boolean =>
  order.length === rank && order.toSorted((a, b) => a - b).every((axis, nth) => axis === nth)

export const transpose: Operator = site =>
  pipe(
    tensorInput(site),
    E.flatMap((value): Read<Value> => {
      const dims = dimsOfValue(value)
      const order = site.ints('perm') ?? dims.map((_, axis) => dims.length - 1 - axis)
      if (!isOrder(order, dims.length))
        return site.differs('perm', `an order of ${dims.length} axes`, `${order}`)
      return value._tag === 'live'
        ? E.right({ ...value, view: transposeView(value.view, order) })
        : E.right(constantValue(foldTranspose(value.constant, order)))
    }),
    E.map(output => [output]),
  )

/** The value itself. */
export const same: Operator = site => E.map((value: Value) => [value])(site.input(0))

/** ONNX's numbers of the types between which a value stays what it is here. */
const floatTypes = [1, 10, 11]
const integerTypes = [2, 3, 5, 6, 7, 9, 12, 13]

export const cast: Operator = site =>
  pipe(
    tensorInput(site),
    E.flatMap((value): Read<Value> => {
      const to = site.int('to', 1)
      const [isFloat, isInteger] = [floatTypes.includes(to), integerTypes.includes(to)]
      if (value._tag === 'live' && isFloat) return E.right(value)
      return value._tag === 'constant' && (isFloat || isInteger)
        ? E.right(constantValue({ ...value.constant, isInteger }))
        : site.differs('to', 'a type of floating-point numbers', `type ${to}`)
    }),
    E.map(output => [output]),
  )

/** The sizes of a tensor, as a constant. */
export const shape: Operator = site =>
  pipe(
    tensorInput(site),
    E.map(value => {
      const dims = dimsOfValue(value)
      const kept = dims.slice(site.int('start', 0), site.int('end', dims.length))
      return [constantValue(constantOf([kept.length], true, Float64Array.from(kept)))]
    }),
  )

export const constantOfShape: Operator = site =>
  pipe(
    site.numbers(0),
    E.bindTo('dims'),
    E.bind('value', () => (site.hasInput(1) ? site.constant(1) : E.right(null))),
    E.flatMap(({ dims, value }) => foldFill(site, dims, value)),
    E.map(constant => [constantValue(constant)]),
  )

export const expand: Operator = site =>
  pipe(
    tensorInput(site),
    E.bindTo('value'),
    E.bind('dims', () => site.numbers(1)),
    E.flatMap(({ value, dims }): Read<Value> => {
      if (value._tag === 'constant') return E.map(constantValue)(foldExpand(site, value.constant, dims))
      const before = dimsOf(value.view)
      const alike =
        dims.length <= before.length &&
        dims.every((size, nth) => size === 1 || size === before[before.length - dims.length + nth])
      return alike ? E.right(value) : site.differs('shape', before.join(' × '), dims.join(' × '))
    }),
    E.map(output => [output]),
  )
