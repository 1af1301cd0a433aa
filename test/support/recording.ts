/** A run in its folder with a recorder beside it, stopped after so many steps or not. */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import { recorded } from '../../src/cli/recorders.js'
import { glyphs } from '../../src/data/spec.js'
import { loadWasm } from '../../src/engine/wasm/index.js'
import type { Recorder } from '../../src/report/tracking/recorder.js'
import type { RunEvent } from '../../src/run/events.js'
import { begin, resume } from '../../src/run/run.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../src/run/schedule/schedule.js'
import { settingsOf } from '../../src/run/storage/settings.js'
import { openRun } from '../../src/run/storage/stored-run.js'
import { right } from './nets/surgery.js'
import { freeNet, tinyData } from './nets/tiny.js'
import { scratch, succeed } from './scratch.js'

const engine = right(await loadWasm(1)())
const dataset = tinyData()

const short = { epochs: 2, batchSize: 6 }
const schedule = [
  train(short),
  untilTarget({ keep: { params: 0.6 }, rounds: 2 }, push(short), prune()),
  train(short),
] as const

export const recordedExperiment = experiment(freeNet, glyphs(), ...schedule)

interface Ways {
  /** Steps after which somebody asks to stop. */
  readonly after?: number
  /** The run to resume; by default a new one. */
  readonly folder?: string
}

const observerOf = (recorder: Recorder, after: number, events: RunEvent[]) => {
  let steps = 0
  return {
    onBegin: recorder.begin,
    onEvent: (event: RunEvent) => {
      events.push(event)
      recorder.event(event)
    },
    onStep: () => {
      steps++
    },
    stopping: () => steps >= after,
  }
}

/** The folder of a run, and the events that happened now. */
export const record = async (recorder: Recorder, { after = Number.POSITIVE_INFINITY, folder }: Ways = {}) => {
  const events: RunEvent[] = []
  const observer = observerOf(recorder, after, events)
  const resources = { engine, dataset }
  const place = folder ?? join(scratch(), 'run')
  const outcome = await pipe(
    folder === undefined
      ? begin(place, settingsOf(0, engine, dataset, {}), resources, observer)(recordedExperiment)
      : resume(await succeed(openRun(folder)), resources, observer),
    recorded(recorder),
  )()
  return { folder: place, events, outcome: outcome._tag === 'Right' ? 'done' : outcome.left._tag }
}
