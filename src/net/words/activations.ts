/** The words that are activations on their own. */
import type { Activation } from '../activation.js'
import { withArity } from './options.js'
import type { AnyWord } from './types.js'

const activate = (activation: Activation): AnyWord =>
  Object.freeze({ _tag: 'activate' as const, name: '', activation })

/** max(0, x). Shapes  any → the same */
export const relu = activate('relu')
/** min(6, max(0, x)). Shapes  any → the same */
export const relu6 = activate('relu6')
/** 1/(1 + e⁻ˣ). Shapes  any → the same */
export const sigmoid = activate('sigmoid')
/** The hyperbolic tangent. Shapes  any → the same */
export const tanh = activate('tanh')
/** x · sigmoid(x). Shapes  any → the same. Source  Ramachandran, Zoph, Le 2017 */
export const swish = activate('swish')
/** min(6, max(0, x + 3))/6. Shapes  any → the same. Source  Howard et al. 2019 */
export const hardSigmoid = activate('hardSigmoid')
/** x · hardSigmoid(x). Shapes  any → the same. Source  Howard et al. 2019 */
export const hardSwish = activate('hardSwish')
/** x where x > 0, else eˣ − 1. Shapes  any → the same. Source  Clevert, Unterthiner, Hochreiter 2016 */
export const elu = activate('elu')
/** x · Φ(x), Φ the normal distribution. Shapes  any → the same. Source  Hendrycks, Gimpel 2016 */
export const gelu = activate('gelu')
/**
 * x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))/2, close to `gelu`. Shapes  any → the same. Source  Hendrycks, Gimpel 2016
 */
export const geluTanh = activate('geluTanh')
/** x where x > 0, else slope · x. Shapes  any → the same. Source  Maas, Hannun, Ng 2013 */
export const leakyRelu = withArity(1, (slope = 0.01): AnyWord => activate({ _tag: 'leakyRelu', slope }))
