/** Activations: as options of a layer, and as layers of their own. */
import * as t from 'io-ts'
import { finite } from '../../../../io/codec.js'
import type { Activation } from '../../../../net/activation.js'
import { leafPart, type Part } from '../../../tree/part.js'
import { hardSigmoidClass } from '../../topology/hard-sigmoid.js'
import { fixed, option, refined } from './options.js'
import { type Reader, reader } from './reader.js'

/** The slope of Keras' `leaky_relu` where it is an option. */
const optionSlope = 0.2

/** The slope of its LeakyReLU. */
const layerSlope = 0.3

const leakyRelu = (slope: number): Activation => ({ _tag: 'leakyRelu', slope })

const activations: Readonly<Record<string, Activation | null>> = {
  linear: null,
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  swish: 'swish',
  silu: 'swish',
  hard_sigmoid: 'hardSigmoid',
  hard_swish: 'hardSwish',
  hard_silu: 'hardSwish',
  elu: 'elu',
  gelu: 'gelu',
  gelu_new: 'geluTanh',
  leaky_relu: leakyRelu(optionSlope),
}

const named = (u: unknown): Activation | null | undefined =>
  typeof u === 'string' && Object.hasOwn(activations, u) ? activations[u] : undefined

/** Keras writes some functions as records. */
const functionRecord = t.type({ class_name: t.literal('function'), config: t.string })

/** The supported activations; `null` for none. */
export const activation = refined(Object.keys(activations).join(' or '), u =>
  named(functionRecord.is(u) ? u.config : u),
)

export const activationPart = (found: Activation | null): readonly Part[] =>
  found === null ? [] : [leafPart({ _tag: 'activate', name: '', activation: found })]

const reluOf = (slope: number): Activation => (slope === 0 ? 'relu' : leakyRelu(slope))

const upToSix = reader({ max_value: fixed(6), negative_slope: fixed(0), threshold: fixed(0) }, () =>
  activationPart('relu6'),
)

const unlimited = reader({ negative_slope: option(finite, 0), threshold: fixed(0) }, ({ negative_slope }) =>
  activationPart(reluOf(negative_slope)),
)

const limited = t.type({ max_value: t.number })

export const activationReaders: Readonly<Record<string, Reader>> = {
  Activation: reader({ activation }, config => activationPart(config.activation)),
  ReLU: site => (limited.is(site.config) ? upToSix : unlimited)(site),
  LeakyReLU: reader(
    { alpha: option(finite, layerSlope), negative_slope: option(finite, null) },
    ({ alpha, negative_slope }) => activationPart(reluOf(negative_slope ?? alpha)),
  ),
  ELU: reader({ alpha: fixed(1) }, () => activationPart('elu')),
  [hardSigmoidClass]: reader({}, () => activationPart('hardSigmoid')),
}
