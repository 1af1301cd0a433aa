/** Reverse-mode differentiation: one pass from a value back to its inputs, under a rule set. */

import { gradient, type Rule, type Rules } from './gradient-rules.js'
import { type Kind, topologicalOrder, type Value } from './graph.js'
import * as op from './operations.js'

/** Of `values`, in topological order, those that depend on any of `sources`. */
const dependents = (values: readonly Value[], sources: readonly Value[]): ReadonlySet<Value> => {
  const found = new Set<Value>(sources)
  for (const value of values) if (value.inputs.some(input => found.has(input))) found.add(value)
  return found
}

/**
 * The signal that `seed` at `target` sends back to each of `sources`: with the rules of the gradient,
 * Σ seed · ∂target/∂source.
 *
 * Shapes  seed as target; each result as its source; zeros where the target does not depend on it
 * Law     linear in the seed
 *
 * @example
 * const [kernelGradient] = differentiate()(loss, [kernel])
 */
export const differentiate =
  (rules: Rules = gradient) =>
  (
    target: Value,
    sources: readonly Value[],
    seed: Value = op.broadcast(op.constant(1), target.shape),
  ): readonly Value[] => {
    const values = topologicalOrder([target])
    const active = dependents(values, sources)
    const signals = new Map<Value, Value>([[target, seed]])
    for (const value of values.toReversed()) {
      const signal = signals.get(value)
      if (signal === undefined || !active.has(value)) continue
      const rule = rules[value.op.kind] as Rule<Kind> // the kind determines the rule; the types cannot say so
      const inputSignals = rule(signal, value as never, ...value.inputs)
      value.inputs.forEach((input, nth) => {
        const inputSignal = inputSignals[nth]
        if (inputSignal == null || !active.has(input)) return
        const before = signals.get(input)
        signals.set(input, before === undefined ? inputSignal : op.add(before, inputSignal))
      })
    }
    return sources.map(source => signals.get(source) ?? op.zeros(source.shape))
  }
