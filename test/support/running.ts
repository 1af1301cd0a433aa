/** Runs kept in memory: their logs and checkpoints, to be taken up anywhere. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import type { Engine } from '../../src/engine/engine.js'
import type { Model } from '../../src/net/weights.js'
import type { RunContext } from '../../src/run/context.js'
import type { GrownNet, RunEvent } from '../../src/run/events.js'
import { initialCheckpoint, runSchedule } from '../../src/run/runner.js'
import { checkRun } from '../../src/run/schedule/check.js'
import type { Experiment } from '../../src/run/schedule/experiment.js'
import { standaloneContext } from '../../src/run/standalone/standalone-step.js'
import { runStep } from '../../src/run/steps/machine.js'
import type { StepContext } from '../../src/run/steps/step-context.js'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from '../../src/run/storage/checkpoint.js'
import { listModels } from '../../src/run/storage/kept-models.js'
import { right } from './nets/surgery.js'
import { tinyData } from './nets/tiny.js'
import { scratch, succeed } from './scratch.js'

const dataset = tinyData()

/** What a run leaves: its log and its checkpoints, the last of them at its end. */
export interface Told {
  readonly log: string
  readonly saved: readonly Checkpoint[]
  readonly outcome: string
  /** Nets kept on the way, by name. */
  readonly met: readonly (readonly [name: string, model: Model, met: GrownNet])[]
}

export interface Way {
  readonly seed?: number
  /** Where to go on from; by default the beginning. */
  readonly from?: Checkpoint
  /** What the log holds by then, and perhaps more. */
  readonly log?: string
  readonly data?: Dataset
  readonly pastChance?: boolean
  /** Steps after which somebody asks to stop. */
  readonly after?: number
}

export const untimed = (event: RunEvent): RunEvent =>
  event._tag === 'stageEnded' ? { ...event, result: { ...event.result, seconds: 0 } } : event

export const told = async (
  engine: Engine,
  of: Experiment,
  { seed = 0, from, log = '', after = Infinity, data = dataset, pastChance = false }: Way = {},
): Promise<Told> => {
  const start = from ?? right(initialCheckpoint(seed)(of))
  const saved: Checkpoint[] = []
  const met: (readonly [string, Model, GrownNet])[] = []
  let [written, steps] = [log.slice(0, start.logged), 0]
  const env: RunContext = {
    engine,
    dataset: data,
    seed,
    emit: event => {
      written += `${JSON.stringify(untimed(event))}\n`
      return TE.right(undefined)
    },
    logLength: () => written.length,
    runStep,
    onStep: () => {
      steps++
    },
    save: checkpoint => TE.fromIO(() => void saved.push(checkpoint)),
    keep: (figures, model) => TE.fromIO(() => void met.push([figures.name, model, figures])),
    stopping: () => steps >= after,
    pastChance,
    clock: () => 0,
  }
  const end = await pipe(
    TE.fromEither(checkRun(data, of)(start.learner.model)),
    TE.flatMap(() => runSchedule(env)(of)(start)),
  )()
  return { log: written, saved, met, outcome: E.isLeft(end) ? end.left._tag : 'done' }
}

export const lastOf = ({ saved }: Told): Checkpoint => {
  const last = saved.at(-1)
  if (last === undefined) throw new Error('nothing was saved')
  return last
}

/** The lines of a run's log. */
export const eventsOf = ({ log }: Pick<Told, 'log'>) =>
  log
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

/** The same checkpoint, written to disk and read again. */
export const again = async (checkpoint: Checkpoint): Promise<Checkpoint> => {
  const file = join(scratch(), 'checkpoint.safetensors')
  await succeed(saveCheckpoint(file, 'some run')(checkpoint))
  return succeed(readCheckpoint(file, [], 'some run'))
}

export const bits = ({ learner: { model, slots }, models }: Checkpoint) =>
  [model.weights, slots, ...listModels(models).map(([, { weights }]) => weights)].map(weights =>
    Object.entries(weights)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { shape, data }]) => [key, shape, [...new Uint32Array(data.slice().buffer)]]),
  )

export const expectSame = (got: Told, expected: Told): void => {
  expect(got.outcome).toBe('done')
  expect(got.log).toBe(expected.log)
  expect(lastOf(got).learner.model.net).toEqual(lastOf(expected).learner.model.net)
  expect(bits(lastOf(got))).toEqual(bits(lastOf(expected)))
}

/** The context of a step by itself; what it tells goes into `events`. */
export const stepEnv = (engine: Engine, data: Dataset, events: RunEvent[]): StepContext =>
  standaloneContext({ engine, dataset: data }, event => TE.fromIO(() => void events.push(event)))
