/** Nets as values: the words, shapes, counts, weights, dependency groups, codecs. */
export { type DecodeError, decode, type PathEntry } from '../io/codec.js'
export { decodeTensors, encodeTensors, type Metadata, type TensorsError } from '../io/safetensors.js'
export type { Tensors } from '../io/tensor.js'
export * from './activation.js'
export { type Group, groups, type Member, type Role } from './channels/groups.js'
export { type Wires, type Wiring, wireNet } from './channels/wiring.js'
export { layerCodec, netCodec } from './codec.js'
export { countLayers, countMacs, countParams, countStored, type LayerCount } from './counts.js'
export type { Excess, NetError, WeightError } from './error.js'
export { type CheckedNet, infer, outputShape, type PlacedLayer } from './infer.js'
export { type Algebra, interpret } from './interpret.js'
export { editLayers, layerAt, layersOf } from './layers.js'
export { childPath, isInside, type Path, parentPath } from './path.js'
export { normal, permutation, randomBelow, type Stream, stream } from './random.js'
export { channelsOf, isSameShape, type Rank, rankOf, type Shape, sizeOf } from './shape.js'
export * from './tree.js'
export {
  allWeightSpecs,
  isKeyOf,
  type WeightName,
  type WeightSpec,
  weightKey,
  weightSpecsOf,
} from './weight-specs.js'
export { full, init, initialWeights, type Model, type Tensor, type Weights, withWeights } from './weights.js'
export {
  type Ends,
  extentOf,
  paddingOf,
  type Sides,
  type Slide,
  type Sliding,
  sidesOf,
  slidesOf,
} from './window.js'
export * from './words/activations.js'
export * from './words/channels.js'
export * from './words/combinators.js'
export { from, type GivenModel } from './words/from.js'
export * from './words/leaves.js'
export { type KnownLayer, ownLayersIn, provideLayers } from './words/own-layer.js'
export type {
  AnyWord,
  Fit,
  FittingFrom,
  Flow,
  MapWord,
  NetWords,
  SomeWord,
  StackWord,
  VectorWord,
  Word,
} from './words/types.js'
export { type WithHead, withHead } from './words/with-head.js'
export { without } from './words/without.js'
