/** The features a net decides on: the vector before its last layer, which separation, push and trace use. */
import * as E from 'fp-ts/lib/Either.js'
import type { CheckedNet } from '../../net/infer.js'
import { layersInSeries } from '../../net/layers.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer } from '../../net/tree.js'
import { sidesOf } from '../../net/window.js'
import type { PruneError } from '../error.js'

/** The features a net decides on, and its head. */
export interface Decision {
  /** The layer that gives one number per class: dense, or a 1×1 convolution whose map is averaged. */
  readonly head: Path
  /** The layer whose output it reads; of a map, its mean in space is what the net decides on. */
  readonly features: Path
  readonly size: number
}

/** Whether a layer is a 1×1 convolution that keeps every position of its map. */
const isPointwise = (layer: Layer | undefined): boolean =>
  layer?._tag === 'conv' &&
  [...sidesOf(layer.kernel), ...sidesOf(layer.stride)].every(side => side === 1) &&
  typeof layer.padding === 'string'

/** Whether a series ends in a 1×1 convolution and the mean of its map. */
const endsInAverage = ({ layers }: CheckedNet, series: readonly Path[]): boolean => {
  const [head = '', last = ''] = series.slice(-2)
  return layers.get(last)?.layer._tag === 'globalAvgPool' && isPointwise(layers.get(head)?.layer)
}

/**
 * The decision of a net.
 *
 * Errors  NoDecision when it ends neither in a dense layer nor in a 1×1 convolution and globalAvgPool
 */
export const decisionOf = (checked: CheckedNet): E.Either<PruneError, Decision> => {
  const series = layersInSeries(checked.net.body, '').map(([path]) => path)
  const averaged = endsInAverage(checked, series)
  const [features, head] = (averaged ? series.slice(0, -1) : series).slice(-2)
  const last = checked.layers.get(head ?? '')
  return head === undefined || features === undefined || (!averaged && last?.layer._tag !== 'dense')
    ? E.left({
        _tag: 'NoDecision',
        got: series.slice(-2).map(path => checked.layers.get(path)?.layer._tag ?? 'a layer'),
      })
    : E.right({ head, features, size: channelsOf(last?.input ?? []) })
}
