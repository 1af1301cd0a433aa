/** Activations of plain numbers. */

import { type Activation, type ByActivation, selectActivation } from '../../net/activation.js'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const hardSigmoid = (x: number): number => Math.min(6, Math.max(0, x + 3)) / 6

/** The error function, within 1.5e-7. Source  Abramowitz and Stegun 1964, 7.1.26 */
const erf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x))
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]
  return Math.sign(x) * (1 - series.reduce((sum, each) => (sum + each) * t, 0) * Math.exp(-x * x))
}

const values: ByActivation<(x: number) => number> = {
  relu: x => Math.max(0, x),
  relu6: x => Math.min(6, Math.max(0, x)),
  sigmoid,
  tanh: Math.tanh,
  swish: x => x * sigmoid(x),
  hardSigmoid,
  hardSwish: x => x * hardSigmoid(x),
  elu: x => (x > 0 ? x : Math.expm1(x)),
  gelu: x => (x * (1 + erf(x * Math.SQRT1_2))) / 2,
  geluTanh: x => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  leakyRelu: slope => x => (x > 0 ? x : slope * x),
}

export const activationValue: (activation: Activation) => (x: number) => number = selectActivation(values)
