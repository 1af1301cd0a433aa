/** What differs between the layers of Keras 2, which tfjs reads, and those of Keras 3. */
import { type FindActivation, keras2Activation, keras3Activation } from './activations.js'

export interface Dialect {
  readonly target: 'layers' | 'keras'
  readonly activation: FindActivation
  /** Whether convolutions have groups. */
  readonly hasGroups: boolean
  /** The option for the shape of the images. */
  readonly inputShape: 'batch_input_shape' | 'batch_shape'
}

/** The groups of Keras 2 are missing in tfjs. */
export const tfjs: Dialect = {
  target: 'layers',
  activation: keras2Activation,
  hasGroups: false,
  inputShape: 'batch_input_shape',
}

export const keras3: Dialect = {
  target: 'keras',
  activation: keras3Activation,
  hasGroups: true,
  inputShape: 'batch_shape',
}
