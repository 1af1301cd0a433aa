/** Asks the nets of a run for their answers on the test images, and keeps what people want to see of them. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { encodePng } from '../../data/encode-png.js'
import { factOf } from '../../data/error.js'
import { elementAt } from '../../io/element.js'
import { writeJson } from '../../io/files.js'
import { type Answer, answerAll } from '../../learn/evaluation/answers.js'
import { feedOfAll } from '../../learn/evaluation/evaluate.js'
import { sizeOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import type { Resources } from '../context.js'
import type { RunError } from '../error.js'
import type { Checkpoint } from '../storage/checkpoint.js'
import { latest, type StoredRun } from '../storage/stored-run.js'
import { measureFeatures } from './features.js'
import type { Features, Mistake, Predictions } from './predictions.js'

/** Mistakes kept with their images. */
const mostMistakes = 18

const confusionOf = (classes: number, predictions: readonly Answer[]): readonly (readonly number[])[] => {
  const rows = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (const { label, answer } of predictions) {
    const row = rows[label]
    if (row !== undefined) row[answer] = elementAt(row, answer) + 1
  }
  return rows
}

type Unseen = Omit<Mistake, 'png'>

/** The last net's mistakes: those of most nets first, then the surest. */
const mistakesOf = (answers: readonly (readonly Answer[])[]): readonly Unseen[] =>
  (answers.at(-1) ?? [])
    .flatMap((prediction, image): readonly Unseen[] =>
      prediction.answer === prediction.label
        ? []
        : [
            {
              image,
              ...prediction,
              wrong: answers.filter(each => each[image]?.answer !== prediction.label).length,
            },
          ],
    )
    .sort((a, b) => b.wrong - a.wrong || b.confidence - a.confidence)
    .slice(0, mostMistakes)

/** The images of mistakes beside them; an image of other channels than grey or colours has an empty one. */
const withImages =
  ({ test, stored, name }: Dataset) =>
  (mistakes: readonly Unseen[]): TE.TaskEither<RunError, readonly Mistake[]> =>
    pipe(
      mistakes,
      TE.traverseSeqArray(mistake =>
        TE.tryCatch(async (): Promise<Mistake> => {
          const bytes = new Uint8Array(sizeOf(stored))
          await test.read(Int32Array.of(mistake.image), bytes)
          const png = await encodePng(bytes, stored)
          return { ...mistake, png: png?.toString('base64') ?? '' }
        }, factOf(name)),
      ),
    )

/** The net before the first cut, where there was one, and the last. */
const netsOf = ({
  learner,
  models: { original },
}: Checkpoint): readonly (readonly [name: string, model: Model])[] => [
  ...(original === null ? [] : [['before the first cut', original] as const]),
  ['at the end', learner.model],
]

/** Only nets that decide on a vector have features. */
const hasFeatures = ([, model]: readonly [string, Model]): boolean => E.isRight(decisionOf(model))

/** The net before the last rounds, or the first cut, and the last; where nothing was cut, the last alone. */
const comparedNets = ({
  learner,
  models: { teacher, original },
}: Checkpoint): readonly (readonly [name: string, model: Model])[] => {
  const before = teacher ?? original
  return [...(before === null ? [] : [['before the cuts', before] as const]), ['at the end', learner.model]]
}

/** None of nets that do not decide on a vector. */
const featuresOf =
  (resources: Resources) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, readonly Features[]> =>
    pipe(
      comparedNets(checkpoint).filter(hasFeatures),
      TE.traverseSeqArray(([name, model]) => measureFeatures(resources, name)(model)),
    )

/** Asks on the test images, and writes the answers beside the run. */
export const keepAnswers =
  (resources: Resources) =>
  (run: StoredRun): TE.TaskEither<RunError, Predictions> => {
    const { engine, dataset } = resources
    const feed = feedOfAll(dataset, dataset.test)
    return pipe(
      latest(run),
      TE.bindTo('checkpoint'),
      TE.let('nets', ({ checkpoint }) => netsOf(checkpoint)),
      TE.bindW('answers', ({ nets }) =>
        pipe(
          nets,
          TE.traverseSeqArray(([, model]) => answerAll(engine)(feed)(model)),
        ),
      ),
      TE.bindW('mistakes', ({ answers }) => withImages(dataset)(mistakesOf(answers))),
      TE.bindW('features', ({ checkpoint }) => featuresOf(resources)(checkpoint)),
      TE.map(
        ({ nets, answers, mistakes, features }): Predictions => ({
          classes: dataset.classes,
          confusion: confusionOf(dataset.classes.length, answers.at(-1) ?? []),
          nets: nets.map(([name]) => name),
          mistakes,
          features,
        }),
      ),
      TE.tap(predictions => writeJson(run.folder.predictions)(predictions)),
    )
  }
