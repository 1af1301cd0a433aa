/** Concat: branches side by side, or constants one after another. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sumBy } from '../../../../io/count.js'
import { mostChannels } from '../../../../net/limits/limits.js'
import { channelsOf } from '../../../../net/shape.js'
import { foldConcat } from '../fold.js'
import { inOrder } from '../shape-layers.js'
import type { Read, Site } from '../site.js'
import { constantValue, type Live, sizesText, type Value } from '../value.js'
import { channelAxisOf, isWhole, sameView, withChannels } from '../view.js'

/** Whether values differ in nothing but the number of their channels, along this axis. */
const fit = (values: readonly Live[], axis: number): boolean => {
  const views = values.map(({ view, shape }) => withChannels(view, axis, shape.length - 1, 1))
  const [first = []] = views
  return values.every(
    ({ view, shape }, nth) =>
      channelAxisOf(view, shape) === axis &&
      isWhole(view[axis] ?? [], shape, shape.length - 1) &&
      sameView(first, views[nth] ?? []),
  )
}

/** Concatenations longer than this are taken as they are. */
const mostValues = 256

/**
 * The values with the longest beginning that another layer concatenates already as that layer: so dense blocks, whose
 * every layer concatenates all before it, become a series.
 */
const shareBeginning = (site: Site, values: readonly Live[], axis: number): readonly Live[] => {
  if (values.length > mostValues) return values
  for (let count = values.length - 1; count > 1; count--) {
    const beginning = values.slice(0, count)
    const layer = site.draft.concatOf(beginning)
    if (layer !== undefined) return [{ ...outputOf(beginning, axis), layer }, ...values.slice(count)]
  }
  return values
}

const outputOf = (values: readonly Live[], axis: number): Omit<Live, 'layer'> => {
  const channels = sumBy(values, ({ shape }) => channelsOf(shape))
  const [{ shape, view } = { shape: [], view: [] }] = values
  return {
    _tag: 'live',
    shape: [...shape.slice(0, -1), channels],
    view: withChannels(view, axis, shape.length - 1, channels),
  }
}

/** The slice that a value is; null where it is none. */
const sliceOf = ({ draft }: Site, value: Live) => {
  const layer = draft.layers.get(value.layer)
  const [part] = layer?.parts ?? []
  return part?._tag === 'leaf' && part.layer._tag === 'channelSlice'
    ? { ...part.layer, source: layer?.from[0] ?? '' }
    : null
}

/**
 * Equal slices of one value, one after another along an axis that counts nothing yet: the value itself, whose channels
 * are seen as groups. So a channel shuffle is written where reshapes of more than four axes are avoided.
 */
const regroup = (site: Site, values: readonly Live[]): Live | null => {
  const [first] = values
  const slices = values.map(value => sliceOf(site, value))
  const [head] = slices
  const axis = site.int('axis', 1)
  const at = axis < 0 ? axis + (first?.view.length ?? 0) : axis
  if (first === undefined || head === undefined || head === null || first.view[at]?.length !== 0) return null
  const isEven = slices.every(
    (slice, nth) =>
      slice?.source === head.source && slice.size === head.size && slice.from === nth * head.size,
  )
  const channels = first.shape.length - 1
  const groups = { axis: channels, size: values.length, step: head.size }
  return isEven &&
    values.every(({ view }) => sameView(view, first.view)) &&
    channelsOf(site.draft.layers.get(head.source)?.shape ?? []) === head.size * values.length
    ? {
        ...first,
        layer: head.source,
        shape: [...first.shape.slice(0, -1), head.size * values.length],
        view: first.view.map((spans, nth) => (nth === at ? [groups] : spans)),
      }
    : null
}

const join = (site: Site, values: readonly Live[]): Read<Value> => {
  const [first] = values
  if (first === undefined) return site.differs('inputs', 'one or more', 'none')
  if (values.length === 1) return E.right(first)
  const regrouped = regroup(site, values)
  if (regrouped !== null) return E.right(regrouped)
  return pipe(
    site.axis(site.int('axis', 1), first.view.length),
    E.flatMap((axis): Read<Value> => {
      if (!fit(values, axis))
        return site.differs(
          'inputs',
          'maps of one height and width, joined along their channels',
          `${sizesText(values)} along axis ${axis}`,
        )
      const output = outputOf(values, axis)
      return channelsOf(output.shape) <= mostChannels
        ? E.right(site.draft.addConcat(site.node, values, shareBeginning(site, values, axis), output))
        : site.differs('inputs', `at most ${mostChannels} channels`, `${channelsOf(output.shape)}`)
    }),
  )
}

export const concat = (site: Site): Read<readonly Value[]> => {
  const all = site.node.input.map((_, nth) => nth)
  return pipe(
    E.traverseArray((nth: number) => site.input(nth))(all),
    E.flatMap(
      (values): Read<Value> =>
        values.every(({ _tag }) => _tag === 'constant')
          ? pipe(
              E.traverseArray((nth: number) => site.constant(nth))(all),
              E.flatMap(constants => foldConcat(site, constants)),
              E.map(constantValue),
            )
          : pipe(
              E.traverseArray((nth: number) => site.live(nth))(all),
              E.flatMap(lives =>
                join(
                  site,
                  lives.map(live => inOrder(site, live)),
                ),
              ),
            ),
    ),
    E.map(output => [output]),
  )
}
