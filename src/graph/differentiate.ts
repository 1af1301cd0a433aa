/** The reverse pass: one walk from a value back to all it is made of, under a rule set. */

import { gradient, type Rule, type Rules } from './gradient-rules.js'
import { type Kind, topologicalOrder, type Value } from './graph.js'
import * as op from './operations.js'

/** The values on which any of `sources` has an effect, among `values` in order. */
const touched = (values: readonly Value[], sources: readonly Value[]): ReadonlySet<Value> => {
  const reached = new Set<Value>(sources)
  for (const value of values) if (value.inputs.some(input => reached.has(input))) reached.add(value)
  return reached
}

/**
 * The signal that `seed` at `target` sends back to each of `sources`: with the rules of the gradient,
 * Σ seed · ∂target/∂source.
 *
 * Shapes  seed as target; each result as its source; zeros where nothing flows
 * Law     linear in the seed
 *
 * @example
 * const [slope] = differentiate()(loss, [kernel])
 */
export const differentiate =
  (rules: Rules = gradient) =>
  (
    target: Value,
    sources: readonly Value[],
    seed: Value = op.broadcast(op.constant(1), target.shape),
  ): readonly Value[] => {
    const values = topologicalOrder([target])
    const live = touched(values, sources)
    const signals = new Map<Value, Value>([[target, seed]])
    for (const value of values.toReversed()) {
      const signal = signals.get(value)
      if (signal === undefined || !live.has(value)) continue
      const rule = rules[value.op.kind] as Rule<Kind> // the kind picks the rule; the types cannot follow
      const back = rule(signal, value as never, ...value.inputs)
      value.inputs.forEach((input, nth) => {
        const sent = back[nth]
        if (sent == null || !live.has(input)) return
        const before = signals.get(input)
        signals.set(input, before === undefined ? sent : op.add(before, sent))
      })
    }
    return sources.map(source => signals.get(source) ?? op.zeros(source.shape))
  }
