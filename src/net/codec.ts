/** Nets to and from JSON. Law  decoding what was encoded gives an equal net */
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  forbid,
  list,
  naturalNumber,
  nullable,
  numbers,
  positive,
  positiveWhole,
  share,
  tagged,
  wholeFrom,
} from '../io/codec.js'
import { mostLayers } from './limits.js'
import type { Shape } from './shape.js'
import type { Activation, BatchNorm, Layer, Net, Padding, Stack } from './tree.js'

const activation: t.Type<Activation> = t.keyof({
  relu: null,
  relu6: null,
  sigmoid: null,
  tanh: null,
  swish: null,
})
const samePadding = t.keyof({ same: null, valid: null })
const padding: t.Type<Padding> = t.union(
  [samePadding, naturalNumber],
  `"same", "valid" or ${naturalNumber.name}`,
)
const batchNorm: t.Type<BatchNorm> = closed({ momentum: share, epsilon: positive })

const name = { name: t.string }
const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const unit = {
  bias: t.boolean,
  norm: nullable(batchNorm),
  activation: nullable(activation),
}
const window = { kernel: positiveWhole, stride: positiveWhole, padding, dilation: positiveWhole }
const pool = { size: positiveWhole, stride: positiveWhole, padding: samePadding }
const rate = numbers('a number ≥ 0 and < 1', n => n >= 0 && n < 1)

/** The key that `repeat` leaves where it cannot repeat. */
const times = forbid(wholeFrom(0, mostLayers).name)

/** The codecs of a stack and of any layer; the layers inside are read by `inner`. */
const layersOf = (inner: t.Type<Layer, unknown>) => {
  const stack: t.Type<Stack, unknown> = closedPartial(
    { ...tag('stack'), ...name, layers: list(inner) },
    { times },
    'a stack',
  )
  const layer = tagged<Layer>('a layer', {
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
    avgPool: closed({ ...tag('avgPool'), ...name, ...pool }),
    globalAvgPool: closed({ ...tag('globalAvgPool'), ...name }),
    flatten: closed({ ...tag('flatten'), ...name }),
    dropout: closed({ ...tag('dropout'), ...name, rate }),
    norm: closed({ ...tag('norm'), ...name, momentum: share, epsilon: positive }),
    activate: closed({ ...tag('activate'), ...name, activation }),
    channelShuffle: closed({ ...tag('channelShuffle'), ...name, groups: positiveWhole }),
    channelSlice: closed({ ...tag('channelSlice'), ...name, from: naturalNumber, size: positiveWhole }),
    stack,
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
  return { stack, layer }
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

const netOf = (body: t.Type<Stack, unknown>): t.Type<Net, unknown> =>
  closedPartial({ ...tag('net'), ...name, input: inputCodec, body }, { without }, 'a net')

/** A net as JSON. Its shapes are not checked here: `infer` does that. */
export const netCodec: t.Type<Net, unknown> = netOf(tree.stack)

/** A net by itself; its body is not read. */
export const bareNetCodec: t.Type<Net, unknown> = netOf(t.any)
