/** Activations as primitive operations. Those beyond the plain ones are gates, which a trace passes by their gradient. */

import { type Activation, type ByActivation, selectActivation } from '../net/activation.js'
import type { Value } from './graph.js'
import * as op from './operations.js'

/** At both ends the slope is that of the constants. */
const hardSigmoid = (x: Value): Value => op.mul(op.minimum(6, op.maximum(0, op.add(x, 3))), 1 / 6)

/** Each term has the slope of one side, so that at 0, too, the slope is 1. */
const elu = (x: Value): Value => op.add(op.mul(x, op.greater(x, 0)), op.sub(op.exp(op.minimum(x, 0)), 1))

/** At 0 the slope is that of the first: the negative side's, as elsewhere. */
const leakyRelu =
  (slope: number) =>
  (x: Value): Value =>
    op.maximum(op.mul(x, slope), x)

const gelu = (x: Value): Value => op.mul(op.mul(x, 0.5), op.add(op.erf(op.mul(x, Math.SQRT1_2)), 1))

const geluTanh = (x: Value): Value => {
  const cubic = op.mul(x, op.add(op.mul(op.square(x), 0.044715), 1))
  return op.mul(op.mul(x, 0.5), op.add(op.tanh(op.mul(cubic, Math.sqrt(2 / Math.PI))), 1))
}

const activations: ByActivation<(x: Value) => Value> = {
  relu: op.relu,
  relu6: op.relu6,
  sigmoid: op.sigmoid,
  tanh: op.tanh,
  swish: x => op.mul(x, op.sigmoid(x)),
  hardSigmoid,
  hardSwish: x => op.mul(x, hardSigmoid(x)),
  elu,
  gelu,
  geluTanh,
  leakyRelu,
}

/** The activation of a value; itself where there is none. */
export const activate = (activation: Activation | null, x: Value): Value =>
  activation === null ? x : selectActivation(activations)(activation)(x)
