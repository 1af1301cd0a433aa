/** Brings what an example's statement gives to its end: effects are run, a `Left` is refused unless it was announced. */

const isTask = (value: unknown): value is () => unknown => typeof value === 'function' && value.length === 0

const tagOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && '_tag' in value ? value._tag : undefined

/** The value, run; throws where it is not what `expected` says, a tag among them standing for a `Left` of that kind. */
export const settle = async (expected: readonly string[], value: unknown): Promise<void> => {
  const done = await (isTask(value) ? value() : value)
  const failed = tagOf(done) === 'Left'
  const fact = failed && typeof done === 'object' && done !== null && 'left' in done ? done.left : undefined
  const told = expected.includes('Left') || expected.includes(String(tagOf(fact)))
  if (failed && !told) throw new Error(JSON.stringify(fact))
  if (!failed && expected.includes('Left')) throw new Error('was to give a Left')
}
