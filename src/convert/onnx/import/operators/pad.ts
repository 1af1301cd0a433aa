/** Pad: zeros around a map, which the layer behind takes as its padding. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { elementAt } from '../../../../io/element.js'
import { uniformValue } from '../constant.js'
import { inputInOrder } from '../shape-layers.js'
import type { Read, Site } from '../site.js'
import type { Live } from '../value.js'
import { dimsOf, isWhole, type View, viewAlong } from '../view.js'

/** Zeros before and after each ONNX axis. */
type Ends = ReadonlyMap<number, readonly [before: number, after: number]>

const endsOf = (site: Site, rank: number): Read<Ends> =>
  pipe(
    site.numbers(1),
    E.bindTo('pads'),
    E.bind('given', () =>
      site.hasInput(3) ? site.numbers(3) : E.right(Array.from({ length: rank }, (_, axis) => axis)),
    ),
    E.bind('axes', ({ given }) => E.traverseArray((axis: number) => site.axis(axis, rank))(given)),
    E.flatMap(({ pads, axes }) =>
      pads.length === 2 * axes.length
        ? E.right(
            new Map(
              axes.map((axis, nth) => [axis, [elementAt(pads, nth), elementAt(pads, nth + axes.length)]]),
            ),
          )
        : site.differs('pads', `${2 * axes.length} numbers`, `${pads.length}`),
    ),
  )

/** The padding must be of zeros. */
const checkValue = (site: Site): Read<void> => {
  const mode = site.text('mode', 'constant')
  if (mode !== 'constant') return site.differs('mode', 'constant', mode)
  if (!site.hasInput(2)) return E.right(undefined)
  return pipe(
    site.constant(2),
    E.flatMap(constant => {
      const value = uniformValue(constant)
      return value === 0 ? E.right(undefined) : site.differs('value', '0', `${value}`)
    }),
  )
}

/** The ends of height and width; null where others are padded, or cut. */
const sidesOf = ({ view, shape }: Live, ends: Ends) => {
  const at = [0, 1].map(side => view.findIndex(spans => spans.length > 0 && isWhole(spans, shape, side)))
  const isSides = [...ends].every(
    ([axis, [before, after]]) =>
      (before === 0 && after === 0) || (before >= 0 && after >= 0 && at.includes(axis)),
  )
  const [high = -1, wide = -1] = at
  return isSides ? ([ends.get(high) ?? [0, 0], ends.get(wide) ?? [0, 0]] as const) : null
}

const paddedView = (view: View, before: readonly number[], shape: readonly number[]): View =>
  [0, 1].reduce<View>((now, side) => viewAlong(now, before, side, shape[side] ?? 1), view)

/** Shapes  [n, c, h, w] → [n, c, top + h + bottom, left + w + right] */
export const pad = (site: Site): Read<readonly Live[]> =>
  pipe(
    E.Do,
    E.tap(() => checkValue(site)),
    E.bind('from', () => inputInOrder(site)),
    E.bind('ends', ({ from }) => endsOf(site, from.view.length)),
    E.flatMap(({ from, ends }): Read<Live> => {
      const sides = from.shape.length === 3 ? sidesOf(from, ends) : null
      if (sides === null)
        return site.differs(
          'pads',
          'zeros around height and width',
          `others around ${dimsOf(from.view).join(' × ')}`,
        )
      const [[top, bottom], [left, right]] = sides
      const [height = 0, width = 0, channels = 0] = from.shape
      if (top + bottom + left + right === 0) return E.right(from)
      const shape = [height + top + bottom, width + left + right, channels]
      const by = [top, bottom, left, right].every(end => end === top)
        ? top
        : ([top, bottom, left, right] as const)
      return E.right(
        site.draft.addPad(site.node, from, by, { shape, view: paddedView(from.view, from.shape, shape) }),
      )
    }),
    E.map(output => [output]),
  )
