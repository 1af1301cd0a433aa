/** Activations in Keras 2, as tfjs has them, and in Keras 3. */

import { type Activation, type ByActivation, selectActivation } from '../../../net/activation.js'
import type { Config } from '../keras.js'

/** An option of any layer, or a layer of its own. */
export type KerasActivation =
  | { readonly _tag: 'option'; readonly name: string }
  | { readonly _tag: 'layer'; readonly className: string; readonly config: Config }

const option = (name: string): KerasActivation => ({ _tag: 'option', name })

const leakyRelu =
  (name: string) =>
  (slope: number): KerasActivation => ({ _tag: 'layer', className: 'LeakyReLU', config: { [name]: slope } })

/** `hard_sigmoid` of Keras 2 and tfjs is another function, and tfjs cannot read the name of its `gelu_new`. */
const keras2: ByActivation<KerasActivation | null> = {
  relu: option('relu'),
  relu6: option('relu6'),
  sigmoid: option('sigmoid'),
  tanh: option('tanh'),
  swish: option('swish'),
  hardSigmoid: null,
  hardSwish: null,
  elu: option('elu'),
  gelu: option('gelu'),
  geluTanh: null,
  leakyRelu: leakyRelu('alpha'),
}

/** Keras 3 has no name for the approximation of GELU. */
const keras3: ByActivation<KerasActivation | null> = {
  ...keras2,
  hardSigmoid: option('hard_sigmoid'),
  hardSwish: option('hard_silu'),
  leakyRelu: leakyRelu('negative_slope'),
}

/** An activation in Keras; null where it has none. */
export type FindActivation = (activation: Activation) => KerasActivation | null

export const keras2Activation: FindActivation = selectActivation(keras2)
export const keras3Activation: FindActivation = selectActivation(keras3)
