/** What a run's last net answers on the test images: how often each class was taken for which, and the worst mistakes. */
import * as t from 'io-ts'
import { closed, closedPartial, finite, list, naturalNumber, share } from '../../io/codec.js'
import { readJson } from '../../io/files.js'

/** A test image that was answered wrong. */
export interface Mistake {
  readonly image: number
  readonly label: number
  readonly answer: number
  /** The share the net gives its answer. */
  readonly confidence: number
  /** How many of the nets that were asked answer wrong. */
  readonly wrong: number
  /** The image as a PNG, in base64. */
  readonly png: string
}

/** The features that a net decides on, the one that separates the classes best first. */
export interface Features {
  /** The net, by what it is to the run. */
  readonly net: string
  readonly size: number
  /** By feature: the variance between classes over that within. */
  readonly separation: readonly number[]
  /** The correlations within classes: a PNG in base64, a pixel a pair, as opaque as they are strong. */
  readonly correlation: string
  /** Features in the picture, the best; all of them in a file of an earlier version. */
  readonly compared?: number
  /** The mean squared correlation of two of them; a file of an earlier version has none. */
  readonly redundancy?: number
}

/** Answers of a run's nets on the test images: `predictions.json`. */
export interface Predictions {
  readonly classes: readonly string[]
  /** A row a class, a column an answer. */
  readonly confusion: readonly (readonly number[])[]
  /** The nets that were asked, by name. */
  readonly nets: readonly string[]
  /** The worst first: wrong in most nets, then the surest. */
  readonly mistakes: readonly Mistake[]
  /** Before the last rounds, or the first cut, and at the end; none where a net does not decide on a vector. */
  readonly features: readonly Features[]
}

/** The fields of `Features`, which lines of the log have, too. */
export const featuresFields = {
  required: { net: t.string, size: naturalNumber, separation: list(finite), correlation: t.string },
  optional: { compared: naturalNumber, redundancy: finite },
}

const predictionsCodec: t.Type<Predictions, unknown> = closed({
  classes: list(t.string),
  confusion: list(list(naturalNumber)),
  nets: list(t.string),
  mistakes: list(
    closed({
      image: naturalNumber,
      label: naturalNumber,
      answer: naturalNumber,
      confidence: share,
      wrong: naturalNumber,
      png: t.string,
    }),
  ),
  features: list(closedPartial(featuresFields.required, featuresFields.optional)),
})

/** Errors  FileMissing, BadFile */
export const readPredictions = readJson(predictionsCodec)
