/** Tables over all activations. */
import type { Activation, ActivationName } from './tree.js'

/** What each activation has; of one with a parameter, a function of that. */
export type ByActivation<A> = { readonly [N in ActivationName]: A } & {
  readonly leakyRelu: (slope: number) => A
}

/** The entry of an activation. */
export const selectActivation =
  <A>(table: ByActivation<A>) =>
  (activation: Activation): A =>
    typeof activation === 'string' ? table[activation] : table.leakyRelu(activation.slope)

/** The name of an activation, without its parameter. */
export const activationName = (activation: Activation): ActivationName | 'leakyRelu' =>
  typeof activation === 'string' ? activation : activation._tag
