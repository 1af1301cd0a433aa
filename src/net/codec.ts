/** Nets to and from JSON. Law  decoding what was encoded gives an equal net */
import * as t from 'io-ts'
import { closed, count, finite, maybe, positive, share, tagged, whole } from './closed.js'
import type { Activation, Layer, Net, Normalisation, Padding, Stack } from './layer.js'

const activation: t.Type<Activation> = t.keyof({
  relu: null,
  relu6: null,
  sigmoid: null,
  tanh: null,
  swish: null,
})
const samePadding = t.keyof({ same: null, valid: null })
const padding: t.Type<Padding> = t.union([samePadding, count])
const normalisation: t.Type<Normalisation> = closed({ momentum: share, epsilon: positive })

const name = { name: t.string }
const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const unit = {
  bias: t.boolean,
  norm: maybe(normalisation),
  activation: maybe(activation),
}
const window = { kernel: whole, stride: whole, padding, dilation: whole }
const pool = { size: whole, stride: whole, padding: samePadding }

/** The tree of layers. */
export const layerCodec: t.Type<Layer, unknown> = t.recursion('a layer', () =>
  tagged<Layer>('a layer', {
    conv: closed({ ...tag('conv'), ...name, filters: whole, ...window, ...unit }),
    depthwise: closed({ ...tag('depthwise'), ...name, ...window, ...unit }),
    dense: closed({ ...tag('dense'), ...name, units: whole, ...unit }),
    maxPool: closed({ ...tag('maxPool'), ...name, ...pool }),
    avgPool: closed({ ...tag('avgPool'), ...name, ...pool }),
    globalAvgPool: closed({ ...tag('globalAvgPool'), ...name }),
    flatten: closed({ ...tag('flatten'), ...name }),
    dropout: closed({ ...tag('dropout'), ...name, rate: finite }),
    norm: closed({ ...tag('norm'), ...name, momentum: share, epsilon: positive }),
    activate: closed({ ...tag('activate'), ...name, activation }),
    stack: stackCodec,
    concat: closed({ ...tag('concat'), ...name, branches: t.readonlyArray(layerCodec) }),
    residual: closed({
      ...tag('residual'),
      ...name,
      body: layerCodec,
      shortcut: layerCodec,
      activation: maybe(activation),
    }),
  }),
)

const stackCodec: t.Type<Stack, unknown> = closed(
  {
    ...tag('stack'),
    ...name,
    layers: t.readonlyArray(layerCodec),
  },
  'a stack',
)

/** A net as JSON. Its shapes are not checked here: `infer` does that. */
export const netCodec: t.Type<Net, unknown> = closed(
  {
    ...tag('net'),
    ...name,
    input: t.readonlyArray(whole),
    body: stackCodec,
  },
  'a net',
)
