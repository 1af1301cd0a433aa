/** Nets to and from JSON. Law  decoding what was encoded gives an equal net */
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  finite,
  forbid,
  isRecord,
  list,
  naturalNumber,
  nullable,
  numbers,
  positive,
  positiveWhole,
  share,
  tag,
  tagged,
  wholeFrom,
} from '../io/codec.js'
import { functionCodec, nameCodec, withoutCall } from '../io/named-function.js'
import type { Activation, ActivationName, LeakyRelu } from './activation.js'
import { mostLayers } from './limits/limits.js'
import type { Shape } from './shape.js'
import type { BatchNorm, Extent, Layer, Net, OwnLayer, Padding, Plain, Stack } from './tree.js'

const rate = numbers('a number ≥ 0 and < 1', n => n >= 0 && n < 1)

const activationName: t.Type<ActivationName> = t.keyof({
  relu: null,
  relu6: null,
  sigmoid: null,
  tanh: null,
  swish: null,
  hardSigmoid: null,
  hardSwish: null,
  elu: null,
  gelu: null,
  geluTanh: null,
})
const leakyRelu = tagged<LeakyRelu>('an activation', {
  leakyRelu: closed({ _tag: t.literal('leakyRelu'), slope: rate }),
})
/** Whether a value is meant as a record of an activation. */
const isMeant = (u: unknown): boolean => isRecord(u) && ('_tag' in u || 'slope' in u)

/** By name, or as a record; what is neither is refused as a whole. */
const activation: t.Type<Activation, unknown> = new t.Type<Activation, unknown>(
  `${activationName.name} | { _tag: "leakyRelu", slope }`,
  (u): u is Activation => activationName.is(u) || leakyRelu.is(u),
  (u, context) => {
    if (activationName.is(u)) return t.success(u)
    return isMeant(u) ? leakyRelu.validate(u, context) : t.failure(u, context)
  },
  t.identity,
)
const extent: t.Type<Extent, unknown> = t.union(
  [positiveWhole, t.readonly(t.tuple([positiveWhole, positiveWhole]))],
  `${positiveWhole.name}, or [height, width]`,
)
const ends = t.readonly(t.tuple([naturalNumber, naturalNumber, naturalNumber, naturalNumber]))
const padding: t.Type<Padding, unknown> = t.union(
  [t.keyof({ same: null, valid: null }), naturalNumber, ends],
  `"same", "valid", ${naturalNumber.name}, or [top, bottom, left, right]`,
)
const batchNorm: t.Type<BatchNorm> = closed({ momentum: share, epsilon: positive })

const name = { name: t.string }
const unit = {
  bias: t.boolean,
  norm: nullable(batchNorm),
  activation: nullable(activation),
}
const window = { kernel: extent, stride: extent, padding, dilation: positiveWhole }
const pool = { size: extent, stride: extent, padding }

const plain: t.Type<Plain, unknown> = t.union(
  [finite, t.string, t.boolean, t.null],
  'a finite number, a text, a boolean or null',
)
/** Without its function, which no file holds. */
const ownCodec: t.Type<OwnLayer, unknown> = withoutCall(
  closedPartial(
    {
      ...tag('own'),
      ...name,
      layer: nameCodec,
      options: t.readonly(t.record(t.string, plain)),
      channels: t.keyof({ same: null, mixed: null }),
      weights: t.readonly(t.exact(t.partial({ bias: finite, scale: finite, shift: finite }))),
      kernel: nullable(list(positiveWhole)),
    },
    { call: functionCodec },
  ) as never, // a function
)

/** The key that `repeat` leaves where it cannot repeat. */
const times = forbid(wholeFrom(0, mostLayers).name)

/** The codecs of layers without layers in them. */
const leaves = {
  conv: closed({
    ...tag('conv'),
    ...name,
    filters: positiveWhole,
    groups: positiveWhole,
    ...window,
    ...unit,
  }),
  depthwise: closed({ ...tag('depthwise'), ...name, ...window, ...unit }),
  dense: closed({ ...tag('dense'), ...name, units: positiveWhole, ...unit }),
  maxPool: closed({ ...tag('maxPool'), ...name, ...pool }),
  avgPool: closed({ ...tag('avgPool'), ...name, ...pool, countPadding: t.boolean }),
  globalAvgPool: closed({ ...tag('globalAvgPool'), ...name }),
  globalMaxPool: closed({ ...tag('globalMaxPool'), ...name }),
  flatten: closed({ ...tag('flatten'), ...name }),
  dropout: closed({ ...tag('dropout'), ...name, rate }),
  dropPath: closed({ ...tag('dropPath'), ...name, rate }),
  layerNorm: closed({ ...tag('layerNorm'), ...name, epsilon: positive }),
  scale: closed({ ...tag('scale'), ...name, init: finite }),
  norm: closed({ ...tag('norm'), ...name, momentum: share, epsilon: positive }),
  activate: closed({ ...tag('activate'), ...name, activation }),
  channelShuffle: closed({ ...tag('channelShuffle'), ...name, groups: positiveWhole }),
  channelSlice: closed({ ...tag('channelSlice'), ...name, from: naturalNumber, size: positiveWhole }),
  own: ownCodec,
}

/** The codecs of layers made of layers, which are read by `inner`. */
const branchesOf = (inner: t.Type<Layer, unknown>) => ({
  concat: closed({ ...tag('concat'), ...name, branches: list(inner) }),
  residual: closed({
    ...tag('residual'),
    ...name,
    body: inner,
    shortcut: inner,
    activation: nullable(activation),
  }),
  gate: closed({ ...tag('gate'), ...name, body: inner }),
})

/** The codecs of a stack and of any layer; the layers inside are read by `inner`. */
const layersOf = (inner: t.Type<Layer, unknown>) => {
  const stack: t.Type<Stack, unknown> = closedPartial(
    { ...tag('stack'), ...name, layers: list(inner) },
    { times },
    'a stack',
  )
  return { stack, layer: tagged<Layer>('a layer', { ...leaves, stack, ...branchesOf(inner) }) }
}

const tree = layersOf(t.recursion('a layer', () => tree.layer))

/** A layer, with those inside it. */
export const layerCodec: t.Type<Layer, unknown> = tree.layer

/** A layer by itself; those inside it are not read. */
export const bareLayerCodec: t.Type<Layer, unknown> = layersOf(t.any).layer

const sizes: t.Type<Shape, unknown> = list(positiveWhole)

/** Height, width and channels, or the length of a vector. */
export const inputCodec: t.Type<Shape, unknown> = t.refinement(
  sizes,
  ({ length }) => length === 1 || length === 3,
  'height, width and channels',
)

/** What `without` keeps where it cannot leave a layer out. */
const without = forbid('a layer that the net can do without')

/** What `withHead` keeps where it finds no head. */
const noHead = forbid('a net that ends in a dense layer, or in a 1×1 convolution before a global pool')

const netOf = (body: t.Type<Stack, unknown>): t.Type<Net, unknown> =>
  closedPartial({ ...tag('net'), ...name, input: inputCodec, body }, { without, withHead: noHead }, 'a net')

/** A net as JSON. Its shapes are not checked here: `infer` does that. */
export const netCodec: t.Type<Net, unknown> = netOf(tree.stack)

/** A net by itself; its body is not read. */
export const bareNetCodec: t.Type<Net, unknown> = netOf(t.any)
