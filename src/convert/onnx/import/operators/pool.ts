/** MaxPool, AveragePool, and pooling over the whole map. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf, sizeOf } from '../../../../net/shape.js'
import type { Leaf } from '../../../../net/tree.js'
import { isPoint, mapInput, properMapInput } from '../layout.js'
import { addAffine, neutralAffine } from '../patterns/affine.js'
import { inputInOrder } from '../shape-layers.js'
import type { Read, Site } from '../site.js'
import type { Live } from '../value.js'
import { channelsFirst, dimsOf, pooledView, type View } from '../view.js'
import { extentOf, kernelShape, type WindowOptions, windowOf } from './window.js'

type Kind = 'max' | 'avg'

const addGlobal = (site: Site, kind: Kind, from: Live, view: View): Live => {
  const leaf: Leaf = { _tag: kind === 'max' ? 'globalMaxPool' : 'globalAvgPool', name: '' }
  return site.draft.addLeaf(
    site.node,
    from,
    leaf,
    {},
    { shape: [channelsOf(from.shape)], view: pooledView(view) },
  )
}

const withoutSides = (view: View): View => view.map((spans, axis) => (axis < 2 ? spans : []))

/** Shapes  [n, c, h, w] → [n, c, 1, 1] */
export const globalPool =
  (kind: Kind) =>
  (site: Site): Read<readonly Live[]> =>
    pipe(
      mapInput(site),
      E.map(from => [isPoint(from) ? from : addGlobal(site, kind, from, withoutSides(from.view))]),
    )

const leafOf = (
  site: Site,
  kind: Kind,
  size: readonly [number, number],
  window: WindowOptions,
): Read<Leaf> => {
  const { stride, padding, dilation, reachesOut } = window
  const pool = { name: '', size: extentOf(size), stride, padding }
  if (dilation !== 1) return site.differs('dilations', '1', `${dilation}`)
  if (kind === 'max') return E.right({ _tag: 'maxPool', ...pool })
  const countPadding = site.int('count_include_pad', 0) === 1
  return countPadding && reachesOut
    ? site.differs('ceil_mode', '0 where padding is counted', '1')
    : E.right({ _tag: 'avgPool', ...pool, countPadding })
}

/** Whether the one window of a mean is the whole map. */
const isGlobal = (
  { shape: [height = 0, width = 0] }: Live,
  size: readonly [number, number],
  { padding }: WindowOptions,
) => padding === 'valid' && size[0] === height && size[1] === width

const addPool = (site: Site, kind: Kind, from: Live, size: readonly [number, number]): Read<Live> => {
  const [height = 0, width = 0, channels = 0] = from.shape
  return pipe(
    windowOf(site, [height, width], size),
    E.bindTo('window'),
    E.bind('leaf', ({ window }) => leafOf(site, kind, size, window)),
    E.map(({ leaf, window }) => {
      if (isGlobal(from, size, window)) return addGlobal(site, kind, from, withoutSides(from.view))
      const shape = [...window.output, channels]
      return site.draft.addLeaf(site.node, from, leaf, {}, { shape, view: channelsFirst(site.batch, shape) })
    }),
  )
}

/** Shapes  [n, c, h, w] → [n, c, h′, w′] */
export const pool =
  (kind: Kind) =>
  (site: Site): Read<readonly Live[]> =>
    pipe(
      E.Do,
      E.bind('from', () => properMapInput(site)),
      E.bind('size', () => kernelShape(site)),
      E.flatMap(({ from, size }) => addPool(site, kind, from, size)),
      E.map(output => [output]),
    )

/** Whether a reduction leaves the channels, and nothing of height and width. */
const reducesSides = (view: View, axes: readonly number[]): boolean =>
  view.every((spans, axis) =>
    axes.includes(axis)
      ? spans.every(span => span.axis === 0 || span.axis === 1)
      : spans.every(span => span.axis !== 0 && span.axis !== 1),
  )

const reducedView = (view: View, axes: readonly number[], keep: boolean): View =>
  view.flatMap((spans, axis) => (axes.includes(axis) ? (keep ? [[]] : []) : [spans]))

const reducePoint = (site: Site, from: Live, axes: readonly number[], keep: boolean): Read<Live> =>
  axes.every(axis => (from.view[axis] ?? []).length === 0)
    ? E.right({ ...from, view: reducedView(from.view, axes, keep) })
    : site.differs('axes', 'those of height and width', `${axes}`)

/** The mean or the largest value over height and width. Shapes  [n, c, h, w] → [n, c] or [n, c, 1, 1] */
export const reduce =
  (kind: Kind) =>
  (site: Site): Read<readonly Live[]> =>
    pipe(
      E.Do,
      E.bind('from', () => inputInOrder(site)),
      E.bind('given', () => site.numbersOf('axes', 1)),
      E.bind('axes', ({ given, from }) =>
        E.traverseArray((axis: number) => site.axis(axis, from.view.length))(given ?? []),
      ),
      E.flatMap(({ from, axes }) => {
        const keep = site.int('keepdims', 1) === 1
        if (!axes.includes(0) && axes.length > 0) {
          if (isPoint(from)) return reducePoint(site, from, axes, keep)
          if (reducesSides(from.view, axes))
            return E.right(addGlobal(site, kind, from, reducedView(from.view, axes, keep)))
        }
        return site.differs(
          'axes',
          'those of height and width',
          `${axes} of ${dimsOf(from.view).join(' × ')}`,
        )
      }),
      E.map(output => [output]),
    )

/** The sum over height and width: the mean times their size. */
export const reduceSum = (site: Site): Read<readonly Live[]> =>
  pipe(
    site.live(0),
    E.bindTo('from'),
    E.bind('means', () => reduce('avg')(site)),
    E.map(({ from: { shape }, means }) => {
      const positions = sizeOf(shape) / channelsOf(shape)
      return means.map(mean => {
        const { scale, shift } = neutralAffine(mean)
        return addAffine(site, mean, { scale: scale.map(() => positions), shift }, false)
      })
    }),
  )
