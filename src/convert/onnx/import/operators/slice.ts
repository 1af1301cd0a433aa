/** Slice, Split and Gather: some of the channels of a value, or of the numbers of a constant. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sum } from '../../../../io/count.js'
import { elementAt } from '../../../../io/element.js'
import { channelsOf } from '../../../../net/shape.js'
import { type Constant, constantOf } from '../constant.js'
import { foldTake } from '../fold.js'
import { inOrder } from '../shape-layers.js'
import type { Read, Site } from '../site.js'
import { constantValue, type Live, type Value } from '../value.js'
import { channelAxisOf, dimsOf, withChannels } from '../view.js'
import { dimsOfValue, reshapeTo, tensorInput } from './shape.js'

type TensorValue = Live | { readonly _tag: 'constant'; readonly constant: Constant }

const range = (from: number, size: number): readonly number[] =>
  Array.from({ length: size }, (_, nth) => from + nth)

/** Neighbouring channels of a value; all of them are the value itself. */
const sliceChannels = (site: Site, live: Live, axis: number, from: number, size: number): Read<Live> => {
  const value = inOrder(site, live)
  const { shape, view } = value
  if (from === 0 && size === (dimsOf(view)[axis] ?? 1)) return E.right(value)
  const isInside = from >= 0 && size > 0 && from + size <= channelsOf(shape)
  if (channelAxisOf(view, shape) !== axis || !isInside)
    return site.differs(
      'axis',
      `channels of ${dimsOf(view).join(' × ')}`,
      `${size} from ${from} along ${axis}`,
    )
  return E.right(
    site.draft.addLeaf(
      site.node,
      value,
      { _tag: 'channelSlice', name: '', from, size },
      {},
      { shape: [...shape.slice(0, -1), size], view: withChannels(view, axis, shape.length - 1, size) },
    ),
  )
}

const take = (site: Site, value: TensorValue, axis: number, from: number, size: number): Read<TensorValue> =>
  value._tag === 'live'
    ? sliceChannels(site, value, axis, from, size)
    : pipe(
        foldTake(
          site,
          value.constant,
          axis,
          range(from, size),
          value.constant.dims.map((dim, each) => (each === axis ? size : dim)),
        ),
        E.map(constant => ({ _tag: 'constant' as const, constant })),
      )

/** A bound counted from the front, inside the axis. */
const boundOf = (bound: number, length: number): number =>
  Math.min(Math.max(bound < 0 ? bound + length : bound, 0), length)

const sliceAxis = (
  site: Site,
  value: TensorValue,
  axis: number,
  start: number,
  end: number,
  step: number,
): Read<TensorValue> => {
  const length = dimsOfValue(value)[axis] ?? 1
  const [from, to] = [boundOf(start, length), boundOf(end, length)]
  return step === 1
    ? take(site, value, axis, from, Math.max(to - from, 0))
    : site.differs('steps', '1', `${step}`)
}

/** Shapes  along each axis in `axes`, from `starts` to `ends` */
export const slice = (site: Site): Read<readonly Value[]> =>
  pipe(
    E.Do,
    E.bind('value', () => tensorInput(site)),
    E.bind('starts', () => site.numbers(1)),
    E.bind('ends', () => site.numbers(2)),
    E.bind('axes', ({ starts }) => (site.hasInput(3) ? site.numbers(3) : E.right(range(0, starts.length)))),
    E.bind('steps', () => (site.hasInput(4) ? site.numbers(4) : E.right([]))),
    E.tap(({ starts, ends, axes }) =>
      starts.length === axes.length && ends.length === axes.length
        ? E.right(undefined)
        : site.differs('starts and ends', `${axes.length} numbers`, `${starts.length} and ${ends.length}`),
    ),
    E.flatMap(({ value, starts, ends, axes, steps }) =>
      axes.reduce<Read<TensorValue>>(
        (before, axis, nth) =>
          pipe(
            before,
            E.bindTo('now'),
            E.bind('at', ({ now }) => site.axis(axis, dimsOfValue(now).length)),
            E.flatMap(({ now, at }) =>
              sliceAxis(site, now, at, elementAt(starts, nth), elementAt(ends, nth), steps[nth] ?? 1),
            ),
          ),
        E.right(value),
      ),
    ),
    E.map(output => [output]),
  )

/** Equal parts, the last of them smaller where they do not divide. */
const equalParts = (length: number, count: number): readonly number[] => {
  const size = Math.ceil(length / count)
  return range(0, count).map(nth => Math.max(Math.min(size, length - nth * size), 0))
}

const startsOf = (sizes: readonly number[]): readonly number[] =>
  sizes.map((_, nth) => sum(sizes.slice(0, nth)))

/** The first input, and the axis of it that the attribute says; by default the first. */
const valueAndAxis = (site: Site) =>
  pipe(
    E.Do,
    E.bind('value', () => tensorInput(site)),
    E.bind('axis', ({ value }) => site.axis(site.int('axis', 0), dimsOfValue(value).length)),
  )

export const split = (site: Site): Read<readonly Value[]> =>
  pipe(
    valueAndAxis(site),
    E.bind('given', () => site.numbersOf('split', 1)),
    E.flatMap(({ value, axis, given }) => {
      const length = dimsOfValue(value)[axis] ?? 1
      const sizes = given ?? equalParts(length, site.node.output.length)
      const starts = startsOf(sizes)
      return sum(sizes) === length && sizes.length === site.node.output.length
        ? E.traverseArray((nth: number) =>
            take(site, value, axis, elementAt(starts, nth), elementAt(sizes, nth)),
          )(range(0, sizes.length))
        : site.differs('split', `${site.node.output.length} sizes of ${length} together`, `${sizes}`)
    }),
  )

/** The first of neighbouring positions; null where they are not one after another. */
const runStart = (positions: readonly number[]): number | null => {
  const [first] = positions
  return first !== undefined && positions.every((position, nth) => position === first + nth) ? first : null
}

const gatherLive = (
  site: Site,
  live: Live,
  axis: number,
  indices: readonly number[],
  dims: readonly number[],
): Read<Value> => {
  const from = runStart(indices)
  const before = dimsOf(live.view)
  return from === null
    ? site.differs('indices', 'positions one after another', `${indices.slice(0, 8)}`)
    : pipe(
        sliceChannels(site, live, axis, from, indices.length),
        E.flatMap(value =>
          reshapeTo(site, value, [...before.slice(0, axis), ...dims, ...before.slice(axis + 1)]),
        ),
      )
}

const gatherConstant = (
  site: Site,
  constant: Constant,
  axis: number,
  indices: readonly number[],
  dims: readonly number[],
): Read<Value> =>
  E.map(constantValue)(
    foldTake(site, constant, axis, indices, [
      ...constant.dims.slice(0, axis),
      ...dims,
      ...constant.dims.slice(axis + 1),
    ]),
  )

/** Shapes  the axis gives way to those of the indices */
export const gather = (site: Site): Read<readonly Value[]> =>
  pipe(
    valueAndAxis(site),
    E.bind('given', () => site.numbers(1)),
    E.bind('dims', () => E.map(({ dims }: Constant) => dims)(site.constant(1))),
    E.flatMap(({ value, axis, given, dims }) => {
      const length = dimsOfValue(value)[axis] ?? 1
      const indices = given.map(index => (index < 0 ? index + length : index))
      return value._tag === 'live'
        ? gatherLive(site, value, axis, indices, dims)
        : gatherConstant(site, value.constant, axis, indices, dims)
    }),
    E.map(output => [output]),
  )

/** Whole numbers from one to another. */
export const rangeOf = (site: Site): Read<readonly Value[]> =>
  pipe(
    [0, 1, 2],
    E.traverseArray(nth => site.numbers(nth)),
    E.flatMap(([[start = 0] = [], [limit = 0] = [], [step = 1] = []]) => {
      const count = Math.max(Math.ceil((limit - start) / step), 0)
      return count <= 2 ** 16
        ? E.right([
            constantValue(
              constantOf(
                [count],
                true,
                Float64Array.from(range(0, count), nth => start + nth * step),
              ),
            ),
          ])
        : site.differs('limit', 'at most 65,536 numbers', `${count}`)
    }),
  )
