/** Functions that work out each answer once. */

/** The function, whose answers are kept by the argument itself. */
export const memoize = <K, A>(work: (key: K) => A): ((key: K) => A) => {
  const known = new Map<K, A>()
  return key => {
    const before = known.get(key)
    if (before !== undefined || known.has(key)) return before as A // what `work` gave for this key
    const answer = work(key)
    known.set(key, answer)
    return answer
  }
}
