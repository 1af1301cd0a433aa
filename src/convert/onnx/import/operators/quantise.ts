/** QuantizeLinear and DequantizeLinear: constants as the floats their integers stand for, and values without their rounding. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sizeOf } from '../../../../net/shape.js'
import type { Constant } from '../constant.js'
import type { Operator, Read, Site } from '../site.js'
import { constantValue, type Rounding, type Value } from '../value.js'

const single = (site: Site, nth: number, what: string): Read<number> =>
  pipe(
    site.constant(nth),
    E.flatMap(constant =>
      sizeOf(constant.dims) === 1
        ? E.right(constant.read()[0] ?? 0)
        : site.differs(`input ${nth}`, `one ${what} for all values`, constant.dims.join(' × ')),
    ),
  )

const roundingOf = (site: Site): Read<Rounding> =>
  pipe(
    single(site, 1, 'scale'),
    E.bindTo('scale'),
    E.bind('zero', () => (site.hasInput(2) ? single(site, 2, 'zero point') : E.right(0))),
  )

/** A value in 8 bits, which only a DequantizeLinear may read. */
export const quantizeLinear: Operator = site =>
  pipe(
    site.live(0),
    E.bindTo('exact'),
    E.bind('by', () => roundingOf(site)),
    E.map(({ exact, by }): readonly Value[] => {
      const fault = site.misfit('output 0', 'a DequantizeLinear behind it', 'another operator')
      return [{ _tag: 'rounded', exact, by, fault }]
    }),
  )

/** A parameter of integers: one number, or one for each position of an axis. */
const parameter = (site: Site, nth: number, size: number): Read<Constant> =>
  pipe(
    site.constant(nth),
    E.flatMap(constant =>
      [1, size].includes(sizeOf(constant.dims))
        ? E.right(constant)
        : site.differs(`input ${nth}`, `one number, or ${size}`, constant.dims.join(' × ')),
    ),
  )

/** Where integers are what they are in floats: when they are read. */
const dequantise = (integers: Constant, scale: Constant, zero: Constant | null, axis: number): Constant => ({
  dims: integers.dims,
  isInteger: false,
  read: () => {
    const [scales, zeros] = [scale.read(), zero?.read()]
    const inner = sizeOf(integers.dims.slice(axis + 1))
    const at = (values: ArrayLike<number>, i: number): number =>
      values[values.length === 1 ? 0 : Math.floor(i / inner) % values.length] ?? 0
    return Float32Array.from(
      integers.read(),
      (value, i) => (value - (zeros === undefined ? 0 : at(zeros, i))) * at(scales, i),
    )
  },
})

const dequantiseConstant = (site: Site, integers: Constant): Read<Value> => {
  if (!integers.isInteger) return site.differs('input 0', 'integers', 'floating-point numbers')
  if (site.int('block_size', 0) !== 0) return site.differs('block_size', '0', `${site.int('block_size', 0)}`)
  const rank = integers.dims.length
  return pipe(
    rank < 2 ? E.right(0) : site.axis(site.int('axis', 1), rank),
    E.bindTo('axis'),
    E.bind('scale', ({ axis }) => parameter(site, 1, integers.dims[axis] ?? 1)),
    E.bind('zero', ({ axis }) =>
      site.hasInput(2) ? parameter(site, 2, integers.dims[axis] ?? 1) : E.right(null),
    ),
    E.map(({ axis, scale, zero }) => constantValue(dequantise(integers, scale, zero, axis))),
  )
}

/** A value whose rounding is undone by the same numbers: without it, it is the value itself. */
const restore = (site: Site, { exact, by }: Extract<Value, { readonly _tag: 'rounded' }>): Read<Value> =>
  pipe(
    roundingOf(site),
    E.flatMap(({ scale, zero }) =>
      scale === by.scale && zero === by.zero
        ? E.right<never, Value>(exact)
        : site.differs('scale', `${by.scale}, as the QuantizeLinear before has it`, `${scale}`),
    ),
  )

export const dequantizeLinear: Operator = site =>
  pipe(
    site.input(0),
    E.flatMap((value): Read<Value> => {
      switch (value._tag) {
        case 'constant':
          return dequantiseConstant(site, value.constant)
        case 'rounded':
          return restore(site, value)
        default:
          return site.differs('input 0', 'integers', 'floating-point numbers')
      }
    }),
    E.map(output => [output]),
  )
