/** The target in a word's options: `keep`, `atMost` or `eta` at their top level. */
import type { Target } from '../../../surgery/prune/target.js'

/** How far to cut, at the top level of a word's options: one of the three, or none. */
export type WithTarget<T> = T | { readonly keep?: never; readonly atMost?: never; readonly eta?: never }

export const targetKeys: readonly string[] = ['keep', 'atMost', 'eta']

const isTargetKey = (key: string): boolean => targetKeys.includes(key)

/** The target that options name, if any, and the others. */
export const splitTarget = <O extends object>(
  options: O,
): { readonly target: Target | null; readonly rest: Omit<O, 'keep' | 'atMost' | 'eta'> } => {
  const entries = Object.entries(options)
  const target = entries.filter(([key]) => isTargetKey(key))
  return {
    target: target.length === 0 ? null : (Object.fromEntries(target) as Target), // by these keys it is one, or is refused
    rest: Object.fromEntries(entries.filter(([key]) => !isTargetKey(key))) as O, // less these keys
  }
}
