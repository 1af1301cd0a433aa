/** The form of the examples: by tag, facts without it, one for each sentence that the fact may give. */
import type { FactOf, Tag } from '../../../src/report/text/fact.js'

type WithoutTag<F> = F extends unknown ? Omit<F, '_tag'> : never

/** At least one fact of each tag. */
export type Examples = {
  readonly [T in Tag]: readonly [WithoutTag<FactOf<T>>, ...WithoutTag<FactOf<T>>[]]
}
