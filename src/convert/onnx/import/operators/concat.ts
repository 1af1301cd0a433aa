/** Concat: branches side by side, or constants one after another. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf } from '../../../../net/shape.js'
import { foldConcat } from '../fold.js'
import { inOrder } from '../shape-layers.js'
import {
  axisOf,
  constantInput,
  differs,
  input,
  intAttribute,
  liveInput,
  type Read,
  type Site,
} from '../site.js'
import { constantValue, type Live, type Value } from '../value.js'
import { channelAxisOf, dimsOf, isWhole, sameView, withChannels } from '../view.js'

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
  const channels = values.reduce((sum, { shape }) => sum + channelsOf(shape), 0)
  const [{ shape, view } = { shape: [], view: [] }] = values
  return {
    _tag: 'live',
    shape: [...shape.slice(0, -1), channels],
    view: withChannels(view, axis, shape.length - 1, channels),
  }
}

const join = (site: Site, values: readonly Live[]): Read<Value> => {
  const [first] = values
  if (first === undefined) return differs(site, 'inputs', 'one or more', 'none')
  if (values.length === 1) return E.right(first)
  return pipe(
    axisOf(site, intAttribute(site, 'axis', 1), first.view.length),
    E.flatMap((axis): Read<Value> => {
      if (!fit(values, axis))
        return differs(
          site,
          'inputs',
          'maps of one height and width, joined along their channels',
          `${values.map(({ view }) => dimsOf(view).join(' × ')).join(' and ')} along axis ${axis}`,
        )
      return E.right(
        site.draft.addConcat(site.node, values, shareBeginning(site, values, axis), outputOf(values, axis)),
      )
    }),
  )
}

export const concat = (site: Site): Read<readonly Value[]> => {
  const all = site.node.input.map((_, nth) => nth)
  return pipe(
    E.traverseArray((nth: number) => input(site, nth))(all),
    E.flatMap(
      (values): Read<Value> =>
        values.every(({ _tag }) => _tag === 'constant')
          ? pipe(
              E.traverseArray((nth: number) => constantInput(site, nth))(all),
              E.flatMap(constants => foldConcat(site, constants)),
              E.map(constantValue),
            )
          : pipe(
              E.traverseArray((nth: number) => liveInput(site, nth))(all),
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
