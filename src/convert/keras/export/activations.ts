/** Activations in Keras 2 and tfjs. */
import { type ByActivation, selectActivation } from '../../../net/activation.js'
import type { Activation } from '../../../net/tree.js'
import type { Config } from '../keras.js'

/** An option of any layer, or a layer of its own. */
export type KerasActivation =
  | { readonly _tag: 'option'; readonly name: string }
  | { readonly _tag: 'layer'; readonly className: string; readonly config: Config }

const option = (name: string): KerasActivation => ({ _tag: 'option', name })

/** `hard_sigmoid` of both is another function, and neither has a hard swish. */
const activations: ByActivation<KerasActivation | null> = {
  relu: option('relu'),
  relu6: option('relu6'),
  sigmoid: option('sigmoid'),
  tanh: option('tanh'),
  swish: option('swish'),
  hardSigmoid: null,
  hardSwish: null,
  elu: option('elu'),
  gelu: option('gelu'),
  geluTanh: option('gelu_new'),
  leakyRelu: slope => ({ _tag: 'layer', className: 'LeakyReLU', config: { alpha: slope } }),
}

/** Null where Keras has no such activation. */
export const kerasActivation: (activation: Activation) => KerasActivation | null =
  selectActivation(activations)
