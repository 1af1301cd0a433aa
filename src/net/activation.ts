/** The activations, and tables over all of them. */

/** The activations without a parameter. */
export type ActivationName =
  | 'relu'
  | 'relu6'
  | 'sigmoid'
  | 'tanh'
  | 'swish'
  | 'hardSigmoid'
  | 'hardSwish'
  | 'elu'
  | 'gelu'
  | 'geluTanh'

/** x where x > 0, else slope · x. */
export interface LeakyRelu {
  readonly _tag: 'leakyRelu'
  readonly slope: number
}

/** The activation of a unit, value by value. */
export type Activation = ActivationName | LeakyRelu

/** What each activation has; of one with a parameter, a function of that. */
export type ByActivation<A> = { readonly [N in ActivationName]: A } & {
  /** By the slope where x < 0. */
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
