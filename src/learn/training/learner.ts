/** A model with the slots of its optimizer, and as the variables of a session. */

import type { Session } from '../../engine/engine.js'
import { type Program, variablesOf } from '../../graph/graph.js'
import { findNonFinite } from '../../io/tensor.js'
import { isSameShape } from '../../net/shape.js'
import type { Model, Weights } from '../../net/weights.js'

/** A model, and the slots of its optimizer by variable name. */
export interface Learner {
  readonly model: Model
  readonly slots: Weights
}

/** The values for which the calls have a variable of the same shape: slots of another optimizer are dropped. */
export const matchingVariables = (calls: Program, values: Weights): Weights => {
  const variables = variablesOf(calls)
  return Object.fromEntries(
    Object.entries(values).filter(([name, { shape }]) => isSameShape(variables[name] ?? [-1], shape)),
  )
}

/** The session's variables, split into the model's weights and all others, the slots. */
export const learnerOf = (session: Session, { model }: Learner, fixed: Weights): Learner => {
  const all = Object.entries(session.read()).filter(([name]) => !(name in fixed))
  const stored = ([name]: readonly [string, unknown]) => name in model.weights
  return {
    model: { ...model, weights: { ...model.weights, ...Object.fromEntries(all.filter(stored)) } },
    slots: Object.fromEntries(all.filter(entry => !stored(entry))),
  }
}

export const allFinite = ({ model, slots }: Learner): boolean =>
  [model.weights, slots].every(all => Object.values(all).every(({ data }) => findNonFinite(data) < 0))
