/** The normaliser at a model's beginning becomes its preprocessing, where that can be. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { outputShape } from '../../../net/infer.js'
import { channelsOf } from '../../../net/shape.js'
import type { Model } from '../../../net/weights.js'
import type { ImportError } from '../../error.js'
import type { ModelFile } from '../../model-file.js'
import { preprocessingOf } from '../../rewrite/affine-preprocessing.js'
import { type Affine, includeNormaliser } from '../../rewrite/include-normaliser.js'
import type { Normalisation, Step, Values } from './normalisation.js'
import { readValues } from './weights.js'

const valuesOf = (values: Values): TE.TaskEither<ImportError, readonly number[]> =>
  'read' in values
    ? pipe(
        readValues('normaliser', values),
        TE.map(data => [...data]),
      )
    : TE.right(values)

/** The smallest deviation that Keras divides by. */
const smallestDeviation = 1e-7

const affineOfStep = (step: Step): TE.TaskEither<ImportError, Affine> => {
  const [first, second] = step._tag === 'rescale' ? [step.scale, step.offset] : [step.mean, step.variance]
  return pipe(
    TE.Do,
    TE.bind('first', () => valuesOf(first)),
    TE.bind('second', () => valuesOf(second)),
    TE.map(({ first, second }) => {
      if (step._tag === 'rescale') return { scale: first, shift: second }
      const scale = second.map(variance => 1 / Math.max(Math.sqrt(variance), smallestDeviation))
      return { scale, shift: scale.map((each, c) => -(first[c] ?? first[0] ?? 0) * each) }
    }),
  )
}

const at = (values: readonly number[], c: number): number => values[c] ?? values[0] ?? 0

/** One step after another, for so many channels. */
const compose =
  (channels: number) =>
  (steps: readonly Affine[]): Affine => {
    const every = Array.from({ length: channels }, (_, c) =>
      steps.reduce(
        ({ scale, shift }, step) => ({
          scale: scale * at(step.scale, c),
          shift: shift * at(step.scale, c) + at(step.shift, c),
        }),
        { scale: 1, shift: 0 },
      ),
    )
    return { scale: every.map(({ scale }) => scale), shift: every.map(({ shift }) => shift) }
  }

const attach =
  (affine: Affine) =>
  (model: Model): E.Either<ImportError, ModelFile> => {
    const output = outputShape(model)
    const preprocessing =
      output.length === 1 ? preprocessingOf('raw', affine, model.net.input, channelsOf(output)) : null
    return pipe(
      E.right(model),
      E.flatMap(found => (preprocessing === null ? includeNormaliser(affine)(found) : E.right(found))),
      E.map((model): ModelFile => ({ model, preprocessing })),
    )
  }

/**
 * A model behind its normaliser: as its preprocessing, or else in its first layers.
 *
 * Law  the model's output for preprocessed pixels is Keras' for the pixels
 */
export const attachNormaliser =
  (normalisation: Normalisation) =>
  (model: Model): TE.TaskEither<ImportError, ModelFile> =>
    pipe(
      normalisation,
      TE.traverseSeqArray(affineOfStep),
      TE.map(compose(channelsOf(model.net.input))),
      TE.flatMapEither(affine => attach(affine)(model)),
    )
