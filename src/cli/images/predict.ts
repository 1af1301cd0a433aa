/** `espalier predict` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { findImages } from '../../data/formats/images/find.js'
import { openEngine } from '../../engine/open.js'
import type { BadFile } from '../../io/error.js'
import { type ClassifierError, type Predict, predict } from '../../learn/evaluation/predict.js'
import { type PredictionFormat, predictionFormats } from '../../report/tables/predictions.js'
import { type Fact, renderMessage, unreadableText } from '../../report/text/render-message.js'
import { end } from '../exit.js'
import { readRun } from '../models/read-run.js'
import { say } from '../stderr.js'

interface PredictArguments {
  readonly top: number
  readonly json?: boolean
  readonly csv?: boolean
}

/** Images that are read and decoded while one is classified. */
const ahead = 16

/** One line of an image that is left unanswered; the others go on. */
const sayFailure = (fact: Fact): void => {
  process.exitCode = 1
  say(`espalier: ${fact._tag === 'NotAnImage' ? unreadableText(fact) : renderMessage(fact)}`)
}

/** The model of a file, open for single images: one thread is enough for them, and starts at once. */
const openModel = (run: string): TE.TaskEither<Fact, Predict> =>
  pipe(
    TE.Do,
    TE.bindW('classifier', () => readRun(run)),
    TE.bindW('engine', () => openEngine('wasm', 1)),
    TE.flatMap(({ classifier, engine }) =>
      pipe(
        predict(engine)(classifier),
        TE.mapLeft(
          (fault): Fact => ({ _tag: 'BadFile', file: run, fault }) satisfies BadFile<ClassifierError>,
        ),
      ),
    ),
  )

/** Results in the order of the items, of which a few are under way at once. */
async function* inOrder<A, B>(items: readonly A[], task: (item: A) => Promise<B>): AsyncGenerator<B> {
  const pending = items.slice(0, ahead).map(task)
  for (let next = pending.length; pending.length > 0; next++) {
    const [first] = pending.splice(0, 1)
    const item = items[next]
    if (item !== undefined) pending.push(task(item))
    if (first !== undefined) yield first
  }
}

/** The images of all paths; a path without any is a failure of its own. */
const listImages = async (paths: readonly string[]): Promise<readonly string[]> => {
  const files: string[] = []
  for (const path of paths) {
    const found = await findImages(path)()
    if (E.isLeft(found)) sayFailure(found.left)
    else {
      found.right.refused.forEach(sayFailure)
      for (const file of found.right.files) files.push(file)
    }
  }
  return files
}

const classify = async (
  open: Predict,
  paths: readonly string[],
  top: number,
  { header, lines }: PredictionFormat,
): Promise<void> => {
  process.stdout.write(header)
  const answer = async (file: string) => ({
    file,
    result: await open(file, { file, entry: null, offset: 0 })(),
  })
  for await (const { file, result } of inOrder(await listImages(paths), answer)) {
    if (E.isLeft(result)) sayFailure(result.left)
    else process.stdout.write(lines(file, result.right.slice(0, top)))
  }
}

export const predictImages = (
  model: string,
  paths: readonly string[],
  { top, json = false, csv = false }: PredictArguments,
): Promise<void> => {
  const format = predictionFormats[json ? 'json' : csv ? 'csv' : 'text']
  return end(
    pipe(
      openModel(model),
      TE.flatMapTask(open => () => classify(open, paths, top, format)),
    ),
    () => undefined,
  )
}
