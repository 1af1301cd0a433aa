/** `espalier ablate` and `espalier compare` */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { openData } from '../data/open.js'
import { engineOf } from '../engine/choose.js'
import type { Engine } from '../engine/engine.js'
import { latencies } from '../learn/latency.js'
import { plot } from '../report/plot.js'
import { type Row, rowOf, studyTable, type Timed } from '../report/study.js'
import type { RunError } from '../run/error.js'
import { makeFolder, writeJson, writeWhole } from '../run/files.js'
import { loadStudy } from '../run/load.js'
import type { Study } from '../run/study.js'
import { type Done, runStudy } from '../run/studying.js'
import { end } from './end.js'
import { stopper } from './stop.js'

interface StudyArguments {
  readonly data?: string
  readonly take?: number
  readonly engine?: string
  readonly out: string
  readonly results: string
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Every entrant's first net, in one interleaved run. */
const timing = (engine: Engine, dones: readonly Done[]): TE.TaskEither<RunError, Timed> => {
  const first = dones.filter(({ seed }) => seed === 0)
  const models = first.map(({ model }) => model)
  return pipe(
    TE.Do,
    TE.bind('one', () => latencies(engine, 1)(models)),
    TE.bind('hundred', () => latencies(engine, 100)(models)),
    TE.map(
      ({ one, hundred }) =>
        new Map(
          first.flatMap(({ entrant }, nth) => {
            const [single, batch] = [one[nth], hundred[nth]]
            return single === undefined || batch === undefined
              ? []
              : [[entrant.name, [single, batch]] as const]
          }),
        ),
    ),
  )
}

/** Nets timed side by side; more would not fit one run. */
const timedAtMost = 40

const written =
  (study: Study, engine: Engine, { results, take }: StudyArguments) =>
  (dones: readonly Done[]) =>
    pipe(
      study.entrants.length > timedAtMost ? TE.right<RunError, Timed>(new Map()) : timing(engine, dones),
      TE.map(timed => studyTable(dones, timed)),
      TE.tap(() => makeFolder(results)),
      TE.tap(() => writeJson(join(results, `${study.name}.json`))(dones.map(rowOf) satisfies readonly Row[])),
      TE.tap(table =>
        writeWhole(
          join(results, `${study.name}.md`),
          `${table}\n\n${study.seeds} seeds, mean ± standard deviation; ${dones[0]?.result.data.name ?? ''} ${dones[0]?.result.data.checksum ?? ''}${take === undefined ? '' : `, ${take} training images`}; ${engine.name} ${engine.version}, ${engine.threads} threads. Accuracy right after the cut and repaired is on validation, the others on the test.\n`,
        ),
      ),
      TE.tap(() =>
        pipe(
          TE.fromTask<string, RunError>(() => plot(study.name, dones)),
          TE.flatMap(picture => writeWhole(join(results, `${study.name}.svg`), picture)),
        ),
      ),
    )

const run = (study: Study, options: StudyArguments): TE.TaskEither<RunError, string> =>
  pipe(
    engineOf(options.engine),
    TE.mapLeft((error): RunError => error),
    TE.flatMap(engine => {
      const data = {
        ...(options.data !== undefined && { folder: options.data }),
        ...(options.take !== undefined && { take: options.take }),
      }
      const total = study.entrants.length * study.seeds
      let begun = 0
      return pipe(
        runStudy({
          folder: join(options.out, study.name),
          engine,
          data,
          datasetOf: (experiment, seed) => openData({ seed, ...data })(experiment.data),
          onlooker: { onEvent: () => undefined, onStep: () => undefined, stopping: stopper() },
          onCell: (name, seed, done) =>
            say(`${++begun} of ${total}: ${name}, seed ${seed}${done ? ' (done)' : ''}`),
        })(study),
        TE.flatMap(written(study, engine, options)),
      )
    }),
  )

export const studyFile = (file: string, options: StudyArguments): Promise<void> =>
  end(
    pipe(
      loadStudy(file),
      TE.flatMap(study => run(study, options)),
    ),
    table => process.stdout.write(`${table}\n`),
  )
