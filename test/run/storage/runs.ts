/** Runs in folders: begun, resumed, and what they leave. */
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../../src/data/dataset.js'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import type { Note } from '../../../src/run/notes.js'
import type { RunObserver } from '../../../src/run/observer.js'
import { begin, type Changes, resume } from '../../../src/run/run.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import { type Destination, folderAt } from '../../../src/run/storage/folder.js'
import { type DataSettings, settingsOf } from '../../../src/run/storage/settings.js'
import { openRun } from '../../../src/run/storage/stored-run.js'
import { available } from '../../support/engines.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { untimed } from '../../support/running.js'
import { scratch } from '../../support/scratch.js'

export const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

export const learning = { epochs: 1, batchSize: 9, lrSchedule: constant() }
export const of = (...steps: Parameters<typeof experiment>[2][]) => experiment(tinyNet, glyphs(), ...steps)

/** Trains, grows, pushes and prunes. */
export const whole = of(
  train(learning),
  grow({ after: 'module', module: convBnAct(7, 1, { name: 'grown' }), max: 1 }, train(learning)),
  untilTarget({ keep: { params: 0.6 }, rounds: 1 }, push(learning), prune({ images: 9 })),
)

export const on = engine as Engine // tests run only where there is one
export const dataset = tinyData()

interface Way {
  readonly data?: Dataset
  /** Steps of training after which somebody asks to stop. */
  readonly after?: number
  readonly onEvent?: RunObserver['onEvent']
}

export const watching = ({ after = Infinity, onEvent = () => undefined }: Way) => {
  const [notes, folders]: [Note[], string[]] = [[], []]
  let steps = 0
  const observer: RunObserver = {
    onEvent,
    onStep: () => void steps++,
    stopping: () => steps >= after,
    onNote: note => notes.push(note),
    onFolder: path => folders.push(path),
    beside: false,
  }
  return { observer, notes, folders }
}

export const beginning = (place: Destination, what: Experiment, way: Way = {}, from: DataSettings = {}) => {
  const { data = dataset } = way
  const { observer, ...seen } = watching(way)
  const opened = { engine: on, dataset: data }
  return { ...seen, run: begin(place, settingsOf(0, on, data, from), opened, observer)(what) }
}

export const resuming = (path: string, changes: Changes = {}, way: Way = {}) => {
  const { observer, ...seen } = watching(way)
  const opened = { engine: on, dataset: way.data ?? dataset }
  return {
    ...seen,
    run: pipe(
      openRun(path),
      TE.flatMap(run => resume(run, opened, observer, changes)),
    ),
  }
}

export const newPath = () => join(scratch(), 'run')

export const logOf = (path: string) =>
  readFileSync(folderAt(path).events, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => untimed(JSON.parse(line)))

export const modelOf = (path: string) => readFileSync(folderAt(path).model)

export const copied = (path: string): string => {
  const copy = join(scratch(), basename(path))
  cpSync(path, copy, { recursive: true })
  return copy
}

/** Every file of a run, to find that nothing has changed. */
export const bytesOf = (path: string) =>
  readdirSync(path, { withFileTypes: true }).flatMap(entry =>
    entry.isFile() ? [[entry.name, readFileSync(join(path, entry.name))] as const] : [],
  )
