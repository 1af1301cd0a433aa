/**
 * How words take arguments and options. Types are gone by the time a DSL file runs, so a word meets some that it does
 * not know: they ride along in its record, and the check of the whole refuses them where they stand.
 */
import { argumentKey } from '../../io/codec.js'

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

/** Defaults with the options that replace them; others are options that the word does not know, beside `known`. */
export const withDefaults = <D extends object>(
  defaults: D,
  options: object,
  known: readonly string[] = [],
): D & { readonly unknown?: object; readonly known?: readonly string[] } => {
  const entries = Object.entries(options)
  const isKnown = ([key]: readonly [string, unknown]): boolean => Object.hasOwn(defaults, key)
  return {
    ...defaults,
    ...Object.fromEntries(entries.filter(isKnown)),
    ...unknownIn(Object.fromEntries(entries.filter(each => !isKnown(each))), [
      ...known,
      ...Object.keys(defaults),
    ]),
  }
}

type Word = (...given: never[]) => object

/** A word that takes at most `most` arguments: the first one more becomes an option that no word knows. */
export const withArity = <W extends Word>(most: number, word: W): W =>
  ((...given) => {
    const made: object & { readonly unknown?: object } = word(...given)
    return given.length <= most
      ? made
      : Object.freeze({ ...made, unknown: { [argumentKey(most + 1)]: given[most], ...made.unknown } })
  }) as W // the same word to the type checker, which lets no argument too many through
