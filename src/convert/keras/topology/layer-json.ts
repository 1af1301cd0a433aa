/** The JSON of one layer, and what a layer of a graph is. */
import * as t from 'io-ts'
import type { DecodeError } from '../../../io/codec.js'
import type { ImportError } from '../../error.js'
import type { LayerGraph, LayerNode } from '../../tree/graph.js'
import { layerDiffers } from '../../tree/reader.js'

/** The two forms of models; some layers compute something else in each. */
export type KerasVersion = 2 | 3

/** The place of a layer: by its names, and in the store of its model's weights. */
export interface LayerPlace {
  /** The models around it, from the outside in, and itself. */
  readonly names: readonly string[]
  /** As in `layers/functional/layers/conv2d_1`: classes, numbered in the order of layers. */
  readonly group: string
}

/** A layer. Its config is not checked yet. */
export interface KerasNode extends LayerNode {
  readonly config: unknown
  readonly version: KerasVersion
  /** Numbers that it is called with beside its inputs, as in x + 3. */
  readonly numbers: readonly number[]
  readonly place: LayerPlace
}

export type KerasGraph = LayerGraph<KerasNode>

export const layerCodec = t.intersection(
  [
    t.type({ class_name: t.string, config: t.UnknownRecord }),
    t.partial({ name: t.string, inbound_nodes: t.unknown }),
  ],
  'a layer with class_name and config',
)

export type LayerJson = t.TypeOf<typeof layerCodec>

export const nameOf = ({ name, config }: LayerJson): string =>
  name ?? (typeof config.name === 'string' ? config.name : '')

/** The error of a layer with a bad option. */
export const optionDiffers =
  (layer: LayerJson, option: string) =>
  (fault: DecodeError): ImportError =>
    layerDiffers({ name: nameOf(layer), className: layer.class_name }, { ...fault, at: option })
