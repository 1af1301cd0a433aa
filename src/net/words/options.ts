/**
 * How words take options. Types are gone by the time a DSL file runs, so a word meets options it does not know: they
 * ride along in its record, and the check of the whole refuses them where they stand.
 */

/** A word's options, to be taken apart; what is no record is one that no word knows. */
export const optionsOf = <O extends object>(given: O): O =>
  typeof given === 'object' && given !== null ? given : ({ options: given } as never) // callers without types

/**
 * What is left of a word's options once those it knows are taken, under a name that no record has; beside those it
 * knows, where they are others than its record's.
 */
export const unknownIn = (
  rest: object,
  known: readonly string[] = [],
): { readonly unknown?: object; readonly known?: readonly string[] } => {
  if (Object.keys(rest).length === 0) return {}
  return { unknown: rest, ...(known.length > 0 && { known }) }
}
