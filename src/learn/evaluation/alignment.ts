/** The figures that describe how far a push has come. */

/** Figures of the pre-decision features. */
export interface Alignment {
  /** The mean over the classes − 1 best features of log(1 + sb/sw). */
  readonly separation: number
  /** The mean squared correlation of two different features within classes. */
  readonly correlation: number
  /** Features that hold 95 % and 99 % of the variance between classes. */
  readonly holding95: number
  readonly holding99: number
  readonly features: number
  /** The share of images answered right with only the best 1, 2, 4, … features kept, the head untouched. */
  readonly byFeatures: Readonly<Record<string, number>>
}
