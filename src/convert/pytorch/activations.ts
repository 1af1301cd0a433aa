/** Activations as modules of PyTorch. */

import { type Activation, activationName, type ByActivation, selectActivation } from '../../net/activation.js'
import { type Module, moduleOf } from './module.js'
import { type Call, call, literal } from './python.js'

const modules: ByActivation<Call> = {
  relu: call('nn.ReLU'),
  relu6: call('nn.ReLU6'),
  sigmoid: call('nn.Sigmoid'),
  tanh: call('nn.Tanh'),
  swish: call('nn.SiLU'),
  hardSigmoid: call('nn.Hardsigmoid'),
  hardSwish: call('nn.Hardswish'),
  elu: call('nn.ELU'),
  gelu: call('nn.GELU'),
  geluTanh: call('nn.GELU', ['approximate', "'tanh'"]),
  leakyRelu: slope => call('nn.LeakyReLU', literal(slope)),
}

export const activationModule = (activation: Activation): Module =>
  moduleOf(selectActivation(modules)(activation))

/** The activation under its name, where there is one. */
export const activationPart = (activation: Activation | null): readonly (readonly [string, Module])[] =>
  activation === null ? [] : [[activationName(activation), activationModule(activation)]]
