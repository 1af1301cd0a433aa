/** Zeros around a map: as the padding of the layer that follows, or as a layer of their own. */
import type { Depthwise, Layer } from '../../net/tree.js'
import type { LayerNode } from './graph.js'
import type { Names } from './names.js'
import { filled, type PadPart } from './part.js'
import type { Subtree } from './subtree.js'

/** A depthwise convolution of 1×1 by one, which gives its padded input. */
const padLayer = (padding: PadPart['by']): Depthwise => ({
  _tag: 'depthwise',
  name: '',
  ...{ kernel: 1, stride: 1, dilation: 1, padding, bias: false, norm: null, activation: null },
})

/** Zeros as a layer of their own. */
export const padSubtree = (names: Names, { className }: LayerNode, { by }: PadPart): Subtree => ({
  names,
  layer: padLayer(by),
  origins: new Map([['', { sources: { kernel: filled(1) }, axes: [], className }]]),
})

const positives: readonly unknown[] = ['relu', 'relu6', 'sigmoid', 'hardSigmoid']

const isNotNegative = (layer: Layer | undefined): boolean =>
  layer !== undefined && 'activation' in layer && positives.includes(layer.activation)

/**
 * A layer with zeros as its own padding; null where it cannot take them. An average counts zeros. A maximum does not see
 * its padding, which is the same where the layer before the zeros gives nothing below zero.
 */
export const takePadding = (layer: Layer, zeros: Layer, before: Layer | undefined): Layer | null => {
  if (zeros._tag !== 'depthwise' || !('padding' in layer) || layer.padding !== 'valid') return null
  const { padding } = zeros
  if (layer._tag === 'avgPool') return { ...layer, padding, countPadding: true }
  return layer._tag === 'maxPool' && !isNotNegative(before) ? null : { ...layer, padding }
}
