/** Drops the softmax at the end of a model: the outputs of a net are logits. */
import * as t from 'io-ts'
import type { LayerDropped } from '../../error.js'
import type { Series } from '../../tree/series.js'
import type { KerasNode } from '../topology/layer-json.js'

const softmaxConfig = t.type({ activation: t.literal('softmax') })

/** Layers after a softmax that leave its values as they are. */
const isReshaping = ({ className }: KerasNode): boolean => className === 'Flatten' || className === 'Reshape'

/** A series without the softmax at its end, and whose it was. */
export const dropSoftmax = <N extends KerasNode>(
  series: Series<N>,
): { readonly series: Series<N>; readonly dropped: readonly LayerDropped[] } => {
  const nth = series.findLastIndex(({ node }) => !isReshaping(node))
  const last = series[nth]
  if (last === undefined || last.branches.length > 0) return { series, dropped: [] }
  const { name, className, config } = last.node
  const dropped: LayerDropped = { _tag: 'LayerDropped', at: name, className, why: 'softmax' }
  if (className === 'Softmax' || (className === 'Activation' && softmaxConfig.is(config)))
    return { series: series.toSpliced(nth, 1), dropped: [dropped] }
  if (!softmaxConfig.is(config)) return { series, dropped: [] }
  const linear = { ...last, node: { ...last.node, config: { ...config, activation: 'linear' } } }
  return { series: series.with(nth, linear), dropped: [dropped] }
}
