/**
 * The types of the language: each word has the rank of its input and that of its output,
 * so that a map where a vector is expected does not compile. Sizes are left to inference.
 */

import type { Rank } from '../shape.js'
import type { Layer } from '../tree.js'

declare const flow: unique symbol

/** A layer with an input of rank `I` and an output of rank `O`, or of the `'same'` rank. The record does not hold them. */
export type Word<I extends Rank = Rank, O extends Rank | 'same' = Rank | 'same'> = Layer & {
  readonly [flow]?: {
    /** A function, so that a word for either rank may stand where one for maps is expected. */
    readonly takes: (rank: I) => void
    readonly gives: O
  }
}

/** A word that takes a map and gives one, such as `conv`. */
export type MapWord = Word<'map', 'map'>
/** A word that takes a vector and gives one, such as `dense`. */
export type VectorWord = Word<'vector', 'vector'>
/** A word for maps and vectors alike, such as `relu`. */
export type AnyWord = Word<Rank, 'same'>
/** Any word at all, as a bound for inference. */
export type SomeWord = Word<never>

type Gives<R extends Rank, W> = W extends {
  readonly [flow]?: { readonly takes: (rank: infer I) => void; readonly gives: infer O }
}
  ? R extends I
    ? O extends 'same'
      ? R
      : O extends Rank
        ? O
        : never
    : never
  : never

/** The rank of the output of `Words` for an input of rank `R`; `never` where a rank does not fit. */
export type Flow<R extends Rank, Words extends readonly unknown[]> = Words extends readonly []
  ? R
  : Words extends readonly [infer W, ...infer Rest]
    ? [Gives<R, W>] extends [never]
      ? never
      : Flow<Gives<R, W>, Rest>
    : Words extends readonly [...infer Init, infer W] // behind a spread array, whose length no type knows
      ? Gives<Flow<R, Init>, W>
      : Gives<R, Words[number]>

/** The word that a series of words is. */
export type StackWord<Words extends readonly unknown[]> = [Flow<'map', Words>] extends [never]
  ? [Flow<'vector', Words>] extends [never]
    ? never
    : Word<'vector', Flow<'vector', Words>>
  : [Flow<'vector', Words>] extends [never]
    ? Word<'map', Flow<'map', Words>>
    : AnyWord

/** `Words` where they fit one another; else the first that does not has the type that would fit. */
export type FittingFrom<
  R extends Rank,
  Words extends readonly unknown[],
  Seen extends readonly unknown[] = [],
> = Words extends readonly [infer W, ...infer Rest]
  ? [Gives<R, W>] extends [never]
    ? readonly [...Seen, Word<R, Rank>, ...Rest]
    : FittingFrom<Gives<R, W>, Rest, [...Seen, W]>
  : readonly [...Seen, ...([Flow<R, Words>] extends [never] ? readonly Word<R, R>[] : Words)]

/** The type that a series must have: unchanged where it fits from some rank, else with its first misfit replaced. */
export type Fit<Words extends readonly unknown[]> = [Flow<'vector', Words>] extends [never]
  ? FittingFrom<'map', Words>
  : Words

/** The same words with another at the end: one that gives a vector. */
type Ending<Words extends readonly unknown[]> = Words extends readonly [...infer Init, unknown]
  ? readonly [...Init, Word<never, 'vector'>]
  : readonly [Word<'map', 'vector'>]

/** The type that the words of a net must have: from a map to a vector, else with the misfit replaced. */
export type NetWords<Words extends readonly unknown[]> = ['vector'] extends [Flow<'map', Words>]
  ? Words
  : [Flow<'map', Words>] extends [never]
    ? FittingFrom<'map', Words>
    : Ending<Words>
