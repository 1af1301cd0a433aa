/**
 * How words take options. Types are gone by the time a DSL file runs, so a word meets options it does not know: they
 * ride along in its record, and the check of the whole refuses them where they stand.
 */

/** A word's options as a record; a value that is no record becomes an option that no word knows. */
export const optionsOf = <O extends object>(given: O): O =>
  typeof given === 'object' && given !== null ? given : ({ options: given } as never) // callers without types

/**
 * The options that a word does not know, under a key that no record has; with those it knows, where they differ from
 * its record's keys.
 */
export const unknownIn = (
  rest: object,
  known: readonly string[] = [],
): { readonly unknown?: object; readonly known?: readonly string[] } => {
  if (Object.keys(rest).length === 0) return {}
  return { unknown: rest, ...(known.length > 0 && { known }) }
}
