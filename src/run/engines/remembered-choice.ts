/** Remembers which engine was the fastest: per machine, engines, net and batch size, in the cache. */
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import envPaths from 'env-paths'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ReadonlyNonEmptyArray } from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import type * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { Dataset } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import { closed, list, positive, positiveWhole } from '../../io/codec.js'
import { makeFolder, readJson, writeJson } from '../../io/files.js'
import type { Experiment } from '../schedule/experiment.js'
import { thisDevice } from '../standalone/latency-table.js'
import { type Choice, chooseEngine, type EngineTime, firstLearning } from './choose-engine.js'

/** A choice; `file` where it was made before. */
export interface RememberedChoice extends Choice {
  readonly file?: string
}

const timesCodec = list(closed({ name: t.string, threads: positiveWhole, milliseconds: positive }))

const identity = ({ name, version, threads }: Engine) => ({ name, version, threads })

/** What the times depend on. */
const fileFor = (engines: readonly Engine[], { net, schedule }: Experiment): string => {
  const step = firstLearning(schedule)
  const facts = [thisDevice(), process.version, engines.map(identity), net, step?._tag, step?.batchSize]
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)
  const cache = process.env.ESPALIER_CACHE || envPaths('espalier', { suffix: '' }).cache
  return join(cache, 'engine-times', `${key}.json`)
}

/** `none` where the file is missing, cannot be read, or names other engines. */
const recall =
  (engines: readonly Engine[], file: string): T.Task<readonly EngineTime[]> =>
  async () => {
    const times = await readJson(timesCodec)(file)()
    if (E.isLeft(times)) return []
    return times.right.flatMap(({ name, threads, milliseconds }) => {
      const engine = engines.find(each => each.name === name && each.threads === threads)
      return engine === undefined ? [] : [{ engine, milliseconds }]
    })
  }

const remember = (file: string, paces: readonly EngineTime[]): T.Task<unknown> =>
  pipe(
    makeFolder(dirname(file)),
    TE.flatMap(() =>
      writeJson(file)(
        paces.map(({ engine: { name, threads }, milliseconds }) => ({ name, threads, milliseconds })),
      ),
    ),
  )

/**
 * The engine and number of threads that was the fastest here before, for this net and batch size; else each is timed.
 *
 * Law  the second choice is the first
 */
export const chooseEngineOnce =
  (engines: ReadonlyNonEmptyArray<Engine>) =>
  (experiment: Experiment, dataset: Dataset, seed: number): T.Task<RememberedChoice> =>
  async () => {
    if (engines.length === 1) return { engine: engines[0], paces: [] }
    const file = fileFor(engines, experiment)
    const paces = await recall(engines, file)()
    const [fastest] = paces
    if (fastest !== undefined) return { engine: fastest.engine, paces, file }
    const choice = await chooseEngine(engines)(experiment, dataset, seed)()
    if (choice.paces.length > 0) await remember(file, choice.paces)()
    return choice
  }
