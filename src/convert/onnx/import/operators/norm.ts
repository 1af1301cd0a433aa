/** BatchNormalization and LayerNormalization. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf } from '../../../../net/shape.js'
import { orderedAs } from '../channels.js'
import { type Constant, decimal } from '../constant.js'
import type { MakeTensor } from '../draft.js'
import { asVector, inputInOrder } from '../shape-layers.js'
import type { Read, Site } from '../site.js'
import type { Live } from '../value.js'
import { channelAxisOf, dimsOf, positionsOf, type Span } from '../view.js'

const orderedTensor =
  (constant: Constant, spans: readonly Span[]): MakeTensor =>
  () => {
    const data = orderedAs(constant.read(), positionsOf(spans))
    return { shape: [data.length], data }
  }

/** The value whose axis 1 counts through channels: a flattened map becomes a vector first. */
const channelsInput = (site: Site): Read<Live> =>
  pipe(
    inputInOrder(site),
    E.flatMap(value => (channelAxisOf(value.view, value.shape) < 0 ? asVector(site, value) : E.right(value))),
    E.flatMap(value =>
      channelAxisOf(value.view, value.shape) === 1
        ? E.right(value)
        : site.differs('input 0', 'channels along axis 1', dimsOf(value.view).join(' × ')),
    ),
  )

const addBatchNorm = (site: Site, from: Live, constants: readonly Constant[]): Live => {
  const spans = from.view[1] ?? []
  const [scale, shift, mean, variance] = constants.map(constant => orderedTensor(constant, spans))
  const momentum = decimal(site.float('momentum', 0.9))
  const epsilon = decimal(site.float('epsilon', 1e-5))
  return site.draft.addLeaf(
    site.node,
    from,
    { _tag: 'norm', name: '', momentum, epsilon },
    { scale: scale ?? 1, shift: shift ?? 0, mean: mean ?? 0, variance: variance ?? 1 },
    from,
  )
}

/** A batch norm with fixed statistics. Shapes  [n, c, …] → [n, c, …] */
export const batchNorm = (site: Site): Read<readonly Live[]> =>
  pipe(
    E.Do,
    E.filterOrElse(
      () => site.int('training_mode', 0) === 0,
      () => site.misfit('training_mode', '0', '1'),
    ),
    E.bind('from', () => channelsInput(site)),
    E.bind('constants', ({ from }) =>
      E.traverseArray((nth: number) => site.vector(nth, channelsOf(from.shape)))([1, 2, 3, 4]),
    ),
    E.map(({ from, constants }) => [addBatchNorm(site, from, constants)]),
  )

/** Adds a layer norm whose scale and shift are neutral where they are null. */
export const addLayerNorm = (
  site: Site,
  from: Live,
  epsilon: number,
  scale: Constant | null,
  shift: Constant | null,
): Live => {
  const spans = from.view[channelAxisOf(from.view, from.shape)] ?? []
  const weight = (constant: Constant | null, neutral: number) =>
    constant === null ? neutral : orderedTensor(constant, spans)
  return site.draft.addLeaf(
    site.node,
    from,
    { _tag: 'layerNorm', name: '', epsilon: decimal(epsilon) },
    { scale: weight(scale, 1), shift: weight(shift, 0) },
    from,
  )
}

/** Shapes  [n, …, c] → [n, …, c] */
export const layerNorm = (site: Site): Read<readonly Live[]> =>
  pipe(
    E.Do,
    E.bind('from', () => inputInOrder(site)),
    E.bind('axis', ({ from }) => site.axis(site.int('axis', -1), from.view.length)),
    E.filterOrElse(
      ({ from: { view, shape }, axis }) => axis === view.length - 1 && channelAxisOf(view, shape) === axis,
      ({ axis, from }) =>
        site.misfit('axis', 'the last, of channels', `${axis} of ${dimsOf(from.view).join(' × ')}`),
    ),
    E.bind('scale', ({ from }) => site.vector(1, channelsOf(from.shape))),
    E.bind('shift', ({ from }) =>
      site.hasInput(2) ? site.vector(2, channelsOf(from.shape)) : E.right(null),
    ),
    E.map(({ from, scale, shift }) => [addLayerNorm(site, from, site.float('epsilon', 1e-5), scale, shift)]),
  )
