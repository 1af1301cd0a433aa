/** A module of PyTorch with the weights of its state: what each layer becomes. */

import { elementAt } from '../../io/element.js'
import type { Tensor } from '../../net/weights.js'
import { submoduleNames } from './names.js'
import { type Argument, type Call, call } from './python.js'

/** A weight by its name in the module's `state_dict`. */
export type State = readonly (readonly [name: string, tensor: Tensor])[]

export interface Module {
  readonly source: Call
  readonly state: State
}

export const moduleOf = (source: Call, state: State = []): Module => ({ source, state })

/** A submodule's state, under its name. */
const within = (name: string, state: State): State => state.map(([key, tensor]) => [`${name}.${key}`, tensor])

/** A module that holds others, each under a keyword of its constructor. */
export const holding = (callee: string, children: readonly (readonly [string, Module])[]): Module => ({
  source: call(callee, ...children.map(([name, { source }]): Argument => [name, source])),
  state: children.flatMap(([name, { state }]) => within(name, state)),
})

/** The same, where the names are those of layers. */
export const holdingLayers = (callee: string, children: readonly (readonly [string, Module])[]): Module => {
  const names = submoduleNames(children.map(([name]) => name))
  return holding(
    callee,
    children.map(([, module], nth) => [elementAt(names, nth), module]),
  )
}

export const identity: Module = moduleOf(call('nn.Identity'))

/** Modules one after another: none is the identity, one stays alone. */
export const inSeries = (children: readonly (readonly [string, Module])[]): Module => {
  const [only] = children
  if (only === undefined) return identity
  return children.length === 1 ? only[1] : holding('stack', children)
}
