/** Runs a study: what is done is not done again. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { Dataset } from '../data/set.js'
import type { Engine } from '../engine/engine.js'
import type { Model } from '../net/weights.js'
import { type Checkpoint, readCheckpoint, readModel, saveCheckpoint } from './checkpoint.js'
import type { RunError } from './error.js'
import type { Result, Scored } from './event.js'
import type { Experiment } from './experiment.js'
import { makeFolder, readLines } from './files.js'
import { beginning } from './fold.js'
import { folderAt } from './folder.js'
import { readResult } from './result.js'
import { asBegun, type Begun, beginFrom, begun, type Onlooker, resume } from './run.js'
import { train } from './schedule.js'
import type { Settings } from './settings.js'
import type { Entrant, Study } from './study.js'

/** A cut as the log of its run has it: validation right after it, and with batch norm measured again. */
export interface Cut {
  readonly params: number
  readonly raw: Scored
  readonly repaired: Scored
}

/** An entrant with one seed, done. */
export interface Done {
  readonly entrant: Entrant
  readonly seed: number
  readonly result: Result
  readonly model: Model
  readonly cuts: readonly Cut[]
  readonly scratch: Result | null
}

/** What a study is run with. */
export interface StudyEnv {
  readonly folder: string
  readonly engine: Engine
  readonly datasetOf: (experiment: Experiment, seed: number) => TE.TaskEither<RunError, Dataset>
  readonly data: Omit<Settings['data'], 'checksum'>
  readonly onlooker: Onlooker
  readonly onCell: (name: string, seed: number, done: boolean) => void
}

/** A name for the first `stages` steps of an experiment with a seed: runs are functions of just that. */
const beginningKey = ({ net, data, schedule }: Experiment, seed: number, stages: number): string =>
  createHash('sha256')
    .update(JSON.stringify([net, data, schedule.slice(0, stages), seed]))
    .digest('hex')
    .slice(0, 24)

const sharedFile = (env: StudyEnv, experiment: Experiment, seed: number, stages: number): string =>
  join(env.folder, 'shared', `${beginningKey(experiment, seed, stages)}.safetensors`)

/** The longest beginning of an experiment that another has been through. */
const longestBeginning = (
  env: StudyEnv,
  experiment: Experiment,
  seed: number,
): TE.TaskEither<RunError, Checkpoint> => {
  const lengths = experiment.schedule.map((_, nth) => experiment.schedule.length - 1 - nth)
  const known = lengths.find(stages => stages > 0 && existsSync(sharedFile(env, experiment, seed, stages)))
  return known === undefined
    ? TE.fromEither(beginning(seed)(experiment))
    : readCheckpoint(sharedFile(env, experiment, seed, known))
}

/** Keeps every beginning that others in the study share. */
const sharing =
  (env: StudyEnv, study: Study, experiment: Experiment, seed: number) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, void> => {
    const stages = checkpoint.stages.length
    const key = beginningKey(experiment, seed, stages)
    const shared = study.entrants.filter(
      other =>
        other.experiment.schedule.length > stages && beginningKey(other.experiment, seed, stages) === key,
    )
    const file = sharedFile(env, experiment, seed, stages)
    return stages === 0 || shared.length < 2 || existsSync(file)
      ? TE.right(undefined)
      : saveCheckpoint(file)(checkpoint)
  }

const folderFor = (env: StudyEnv, name: string, seed: number): string =>
  join(env.folder, name.replace(/[^A-Za-z0-9.-]+/g, '_'), `${seed}`)

/** A run in the study's folder, of this experiment and no other. */
const begunAs = (path: string, experiment: Experiment): TE.TaskEither<RunError, Begun> =>
  pipe(begun(path), TE.flatMapEither(asBegun(experiment)))

/** Runs one experiment with one seed, or takes it up, or finds it done. */
const runCell =
  (env: StudyEnv, study: Study, name: string, seed: number) =>
  (experiment: Experiment): TE.TaskEither<RunError, Result> => {
    const path = folderFor(env, name, seed)
    const folder = folderAt(path)
    const done = existsSync(folder.result)
    env.onCell(name, seed, done)
    if (done)
      return pipe(
        begunAs(path, experiment),
        TE.flatMap(() => readResult(folder.result)),
      )
    const onlooker: Onlooker = {
      ...env.onlooker,
      beside: false,
      onStage: sharing(env, study, experiment, seed),
    }
    return pipe(
      env.datasetOf(experiment, seed),
      TE.flatMap(dataset => {
        const opened = { engine: env.engine, dataset }
        const { name: engine, version, threads } = env.engine
        const settings: Settings = {
          seed,
          engine: { name: engine, version, threads },
          data: { ...env.data, checksum: dataset.checksum },
        }
        return existsSync(folder.checkpoint)
          ? pipe(
              begunAs(path, experiment),
              TE.flatMap(run => resume(run, opened, onlooker)),
            )
          : pipe(
              makeFolder(join(env.folder, 'shared')),
              TE.flatMap(() => longestBeginning(env, experiment, seed)),
              TE.flatMap(from => beginFrom(path, settings, opened, onlooker)(experiment, from)),
            )
      }),
    )
  }

const scoredCodec = t.type({ accuracy: t.number, loss: t.number })
const cutCodec = t.type({
  _tag: t.literal('pruned'),
  params: t.number,
  raw: scoredCodec,
  repaired: scoredCodec,
})

/** The cuts in a run's log. */
const cutsIn = (path: string): TE.TaskEither<RunError, readonly Cut[]> =>
  pipe(
    readLines(folderAt(path).events),
    TE.map(lines => lines.flatMap(line => (cutCodec.is(line) ? [line] : []))),
  )

const epochsIn = (steps: Experiment['schedule']): number =>
  steps.reduce((sum, step) => {
    if (step._tag === 'train' || step._tag === 'push') return sum + step.epochs
    if (step._tag === 'rounds') return sum + step.rounds * epochsIn(step.steps)
    return step._tag === 'grow'
      ? sum + step.modules.length * ((step.warmup?.epochs ?? 0) + epochsIn(step.steps))
      : sum
  }, 0)

/** The net an experiment ended in, trained as it began from its first weights, for as many epochs as it all took. */
const scratchOf = ({ data, schedule }: Experiment, { net }: Model): Experiment => {
  const first = schedule.find(step => step._tag === 'train') ?? train()
  return { _tag: 'experiment', net, data, schedule: [{ ...first, epochs: epochsIn(schedule) }] }
}

const runEntrant =
  (env: StudyEnv, study: Study) =>
  ({ entrant, seed }: { readonly entrant: Entrant; readonly seed: number }): TE.TaskEither<RunError, Done> =>
    pipe(
      TE.Do,
      TE.bind('result', () => runCell(env, study, entrant.name, seed)(entrant.experiment)),
      TE.bind('model', () => readModel(folderAt(folderFor(env, entrant.name, seed)).model)),
      TE.bind('cuts', () => cutsIn(folderFor(env, entrant.name, seed))),
      TE.bind(
        'scratch',
        ({ model }): TE.TaskEither<RunError, Result | null> =>
          entrant.scratch
            ? runCell(env, study, `${entrant.name} from scratch`, seed)(scratchOf(entrant.experiment, model))
            : TE.right(null),
      ),
      TE.map(done => ({ entrant, seed, ...done })),
    )

/** All seeds of a study. */
export const seedsOf = ({ seeds }: Study): readonly number[] =>
  Array.from({ length: seeds }, (_, seed) => seed)

/**
 * Runs a study, or some seeds of it, seed after seed so that early tables are fair, an entrant after the other.
 *
 * Law  stopped anywhere and run again, the same results; equal beginnings are run once
 */
export const runStudy =
  (env: StudyEnv) =>
  (study: Study, seeds = seedsOf(study)): TE.TaskEither<RunError, readonly Done[]> =>
    pipe(
      seeds.flatMap(seed => study.entrants.map(entrant => ({ entrant, seed }))),
      TE.traverseSeqArray(runEntrant(env, study)),
    )
