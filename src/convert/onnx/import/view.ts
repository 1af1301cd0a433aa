/**
 * How an ONNX tensor shows one of our values. ONNX reorders, splits and merges axes with operators of their own; here
 * they only change the view, until a layer reads the value.
 */
import { type Shape, sizeOf } from '../../../net/shape.js'

/** A run of positions along one of our axes: how many, and the step between them. The batch is the axis −1. */
export interface Span {
  readonly axis: number
  readonly size: number
  readonly step: number
}

/** For each ONNX axis the spans that it counts through, the outer first; an axis of size 1 has none. */
export type View = readonly (readonly Span[])[]

const batchAxis = -1

const spanOf = (axis: number, size: number): readonly Span[] => (size === 1 ? [] : [{ axis, size, step: 1 }])

const batchSpan = (batch: number): readonly Span[] => spanOf(batchAxis, batch)

/** The view with the batch first, then our axes in this order. */
export const viewOf = (batch: number, shape: Shape, order: readonly number[]): View => [
  batchSpan(batch),
  ...order.map(axis => spanOf(axis, shape[axis] ?? 1)),
]

/** [height, width, channels] as [n, channels, height, width], or a vector as [n, units]. */
export const channelsFirst = (batch: number, shape: Shape): View =>
  viewOf(batch, shape, shape.length === 3 ? [2, 0, 1] : [0])

export const countOf = (spans: readonly Span[]): number =>
  spans.reduce((product, { size }) => product * size, 1)

/** The sizes that the tensor has. */
export const dimsOf = (view: View): readonly number[] => view.map(countOf)

export const transposeView = (view: View, order: readonly number[]): View =>
  order.map(axis => view[axis] ?? [])

/** Joins neighbours that together are one longer run. */
const mergeSpans = (spans: readonly Span[]): readonly Span[] => {
  const merged: Span[] = []
  for (const inner of spans) {
    const outer = merged.at(-1)
    const isOneRun =
      outer !== undefined && outer.axis === inner.axis && outer.step === inner.step * inner.size
    if (isOneRun) merged.splice(-1, 1, { ...inner, size: outer.size * inner.size })
    else merged.push(inner)
  }
  return merged
}

/** Takes spans of so many positions from the front of a list, splitting the last; null where that is not possible. */
const takeSpans = (
  spans: readonly Span[],
  count: number,
): readonly [readonly Span[], readonly Span[]] | null => {
  if (count === 1) return [[], spans]
  const [first, ...rest] = spans
  if (first === undefined) return null
  if (count % first.size === 0) {
    const taken = takeSpans(rest, count / first.size)
    return taken && [[first, ...taken[0]], taken[1]]
  }
  if (first.size % count !== 0) return null
  const inner = { ...first, size: first.size / count }
  return [[{ ...first, size: count, step: first.step * inner.size }], [inner, ...rest]]
}

/** The view of a tensor reshaped to other sizes; null where an axis would mix parts of ours. */
export const reshapeView = (view: View, dims: readonly number[]): View | null => {
  if (sizeOf(dims) !== sizeOf(dimsOf(view)) || sizeOf(dims) === 0) return null
  let rest: readonly Span[] = view.flat()
  const axes: (readonly Span[])[] = []
  for (const dim of dims) {
    const taken = takeSpans(rest, dim)
    if (taken === null) return null
    axes.push(mergeSpans(taken[0]))
    rest = taken[1]
  }
  return axes
}

const sameSpans = (a: readonly Span[], b: readonly Span[]): boolean =>
  a.length === b.length &&
  a.every((span, nth) => {
    const other = b[nth]
    return span.axis === other?.axis && span.size === other.size && span.step === other.step
  })

export const sameView = (a: View, b: View): boolean =>
  a.length === b.length && a.every((spans, axis) => sameSpans(spans, b[axis] ?? []))

/** Whether an ONNX axis counts through the whole of one of ours, in order. */
export const isWhole = (spans: readonly Span[], shape: Shape, axis: number): boolean =>
  sameSpans(spans, spanOf(axis, shape[axis] ?? 1))

/** The ONNX axis that counts through the channels, in whatever order; −1 where none does alone. */
export const channelAxisOf = (view: View, shape: Shape): number => {
  const channels = shape.length - 1
  const size = shape[channels] ?? 1
  const all = view.findIndex(
    spans => spans.length > 0 && countOf(spans) === size && spans.every(({ axis }) => axis === channels),
  )
  return all < 0 && size === 1 ? view.findIndex((spans, nth) => nth > 0 && spans.length === 0) : all
}

/** For each position along an ONNX axis, the position along ours. */
export const positionsOf = (spans: readonly Span[]): readonly number[] =>
  spans.reduce<readonly number[]>(
    (starts, { size, step }) =>
      starts.flatMap(start => Array.from({ length: size }, (_, nth) => start + nth * step)),
    [0],
  )

/** Whether an ONNX axis counts through positions from the first on, without a step. */
export const isInOrder = (spans: readonly Span[]): boolean => {
  const [only, ...more] = mergeSpans(spans)
  return only === undefined || (more.length === 0 && only.step === 1)
}

/** Groups of a channel shuffle: channels seen as [inner, outer] instead of [outer, inner]; null for another order. */
export const shuffleGroups = (spans: readonly Span[], channels: number): number | null => {
  const [inner, outer, ...more] = spans
  return inner !== undefined &&
    outer !== undefined &&
    more.length === 0 &&
    inner.step === 1 &&
    outer.step === inner.size &&
    inner.size * outer.size === channels
    ? outer.size
    : null
}

/** The steps from one position to the next along each axis of a map, once it is a vector row by row. */
const rowSteps = (shape: Shape): readonly number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))

/** The view of a map after it has become a vector row by row. */
export const flattenView = (view: View, shape: Shape): View => {
  const steps = rowSteps(shape)
  return view.map(spans =>
    mergeSpans(
      spans.map(span =>
        span.axis === batchAxis ? span : { ...span, axis: 0, step: span.step * (steps[span.axis] ?? 1) },
      ),
    ),
  )
}

/** The view with one ONNX axis counting through another number of channels. */
export const withChannels = (view: View, at: number, axis: number, channels: number): View =>
  view.map((spans, nth) => (nth === at ? spanOf(axis, channels) : spans))

/** The view after one of our axes has another size: of the ONNX axis that counted through the whole of it. */
export const viewAlong = (view: View, shape: Shape, axis: number, size: number): View =>
  view.map(spans => (spans.length > 0 && isWhole(spans, shape, axis) ? spanOf(axis, size) : spans))

/** Whether an ONNX axis counts through the batch, or has size 1. */
export const isBatch = (spans: readonly Span[]): boolean => spans.every(({ axis }) => axis === batchAxis)

/** The view of a map whose height and width have become one: a vector. */
export const pooledView = (view: View): View =>
  view.map(spans =>
    spans.flatMap(span => (span.axis === 2 ? [{ ...span, axis: 0 }] : span.axis < 0 ? [span] : [])),
  )
