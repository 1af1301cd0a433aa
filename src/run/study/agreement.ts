/** What all that work on a study hold in common: the first of them writes it down, the others are held to it. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { Dataset } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import { closed } from '../../io/codec.js'
import { makeFolder, readJson, writeJson, writeOnce } from '../../io/files.js'
import type { RunError } from '../error.js'
import type { Experiment } from '../schedule/experiment.js'
import { codeNow } from '../storage/code-version.js'
import { digestOf } from '../storage/identity.js'
import type { DataSettings } from '../storage/settings.js'
import { variantDigest } from './cells.js'
import { cellsFolder } from './outcome.js'
import type { Study } from './study.js'

type Facts = Readonly<Record<string, string>>

/** Facts, and a name for this agreement, by which a folder that is not the same one is told apart. */
export interface Agreement {
  readonly id: string
  readonly facts: Facts
}

const agreementCodec: t.Type<Agreement, unknown> = closed({
  id: t.string,
  facts: t.readonly(t.record(t.string, t.string)),
})

const codeText = (): string => {
  const { version, commit } = codeNow()
  return commit === null ? version : `${version} at ${commit}`
}

/** What of an engine changes results. */
type EngineFacts = Pick<Engine, 'name' | 'version' | 'threads'>

const factsOf = (study: Study, { name, version, threads }: EngineFacts): Facts => ({
  code: codeText(),
  seeds: `${study.seeds}`,
  ...Object.fromEntries(study.variants.map(each => [`variant '${each.name}'`, variantDigest(each)])),
  engine: name,
  'engine version': version,
  threads: `${threads}`,
})

const nothing = 'none'

/** Errors  StudyDiffers with the first fact that is another */
const checkFacts =
  (file: string, now: Facts) =>
  (agreement: Agreement): TE.TaskEither<RunError, Agreement> => {
    const { facts: before } = agreement
    const what = [...Object.keys(now), ...Object.keys(before)].find(key => now[key] !== before[key])
    return what === undefined
      ? TE.right(agreement)
      : TE.left({
          _tag: 'StudyDiffers',
          file,
          what,
          began: before[what] ?? nothing,
          now: now[what] ?? nothing,
        })
  }

const agree = (folder: string, name: string, facts: Facts): TE.TaskEither<RunError, Agreement> => {
  const file = join(cellsFolder(folder), name)
  const first: Agreement = { id: randomUUID(), facts }
  return pipe(
    makeFolder(cellsFolder(folder)),
    TE.flatMap(() => writeOnce(file, `${JSON.stringify(first, null, 2)}\n`)),
    TE.flatMap(() => readJson(agreementCodec)(file)),
    TE.flatMap(checkFacts(file, facts)),
  )
}

const studyFile = (folder: string): string => join(cellsFolder(folder), 'study.json')

/** What has been agreed on; `null` where nobody has begun. */
export const readAgreement = (folder: string): TE.TaskEither<RunError, Agreement | null> =>
  existsSync(studyFile(folder)) ? readJson(agreementCodec)(studyFile(folder)) : TE.right(null)

/**
 * Code version, seeds, variants and engine of all that work in this folder.
 *
 * Errors  StudyDiffers where others have agreed on something else; FileFailed, BadFile
 */
export const agreeOnStudy = (
  folder: string,
  study: Study,
  engine: EngineFacts,
): TE.TaskEither<RunError, Agreement> => agree(folder, 'study.json', factsOf(study, engine))

/** What they agree on from here on: for the one command that has the study for itself. */
export const restateStudy = (
  folder: string,
  study: Study,
  engine: EngineFacts,
): TE.TaskEither<RunError, void> =>
  pipe(
    makeFolder(cellsFolder(folder)),
    TE.flatMap(() => writeJson(studyFile(folder))({ id: randomUUID(), facts: factsOf(study, engine) })),
  )

/** The data of an experiment. Errors  StudyDiffers, FileFailed, BadFile */
export const agreeOnData =
  (folder: string, { data }: Experiment, { take }: DataSettings) =>
  ({ checksum }: Dataset): TE.TaskEither<RunError, Agreement> =>
    agree(folder, `data-${digestOf(data)}.json`, {
      'data checksum': checksum,
      'training images': `${take ?? 'all'}`,
    })
