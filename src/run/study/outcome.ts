/** What a cell came to, in a file named by what it computed: who runs it again must come to the same. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, naturalNumber, nullable, share } from '../../io/codec.js'
import { makeFolder, readBytes, readJson, writeOnce } from '../../io/files.js'
import type { RunError } from '../error.js'
import type { Result } from '../events.js'
import { type Folder, folderAt } from '../storage/folder.js'
import { codeCodec, engineCodec, settingsCodec } from '../storage/settings.js'
import { addressOf, folderFor } from './cells.js'
import type { VariantRun } from './runner.js'
import { scratchName } from './study.js'

interface Trained {
  /** SHA-256 of the model's file. */
  readonly model: string
  readonly params: number
  /** Accuracy on the test images. */
  readonly test: number
}

const trainedCodec: t.Type<Trained, unknown> = closed({ model: t.string, params: naturalNumber, test: share })

const outcomeCodec = closed({
  seed: naturalNumber,
  engine: engineCodec,
  code: codeCodec,
  data: t.string,
  result: trainedCodec,
  scratch: nullable(trainedCodec),
})

type Outcome = t.TypeOf<typeof outcomeCodec>

/** Where the outcomes of a study's cells are, and what those who work on it hold in common. */
export const cellsFolder = (folder: string): string => join(folder, 'cells')

const trainedOf = (folder: Folder, { params, test }: Result): TE.TaskEither<RunError, Trained> =>
  pipe(
    readBytes(folder.model),
    TE.map(bytes => ({
      model: createHash('sha256').update(bytes).digest('hex'),
      params,
      test: test.accuracy,
    })),
  )

const outcomeOf =
  (folder: string) =>
  ({ variant: { name }, seed, result, scratch }: VariantRun): TE.TaskEither<RunError, Outcome> =>
    pipe(
      TE.Do,
      TE.apS('own', trainedOf(folderAt(folderFor(folder, name, seed)), result)),
      TE.apS(
        'shape',
        scratch === null
          ? TE.right(null)
          : trainedOf(folderAt(folderFor(folder, scratchName(name), seed)), scratch),
      ),
      TE.map(({ own, shape }) => ({
        seed,
        engine: result.engine,
        code: result.code,
        data: result.data.checksum,
        result: own,
        scratch: shape,
      })),
    )

const modelsOf = ({ result, scratch }: Outcome): string =>
  [result.model, ...(scratch === null ? [] : [scratch.model])].join(' and ')

/** Errors  CellDiffers where the file has other models */
const checkSame =
  (file: string, now: Outcome) =>
  (before: Outcome): TE.TaskEither<RunError, void> =>
    modelsOf(before) === modelsOf(now)
      ? TE.right(undefined)
      : TE.left({ _tag: 'CellDiffers', file, began: modelsOf(before), now: modelsOf(now) })

/**
 * Writes what a cell came to, unless that is there.
 *
 * Errors  CellDiffers where there is another outcome under its address; FileFailed, BadFile
 */
export const publishOutcome =
  (folder: string) =>
  (run: VariantRun): TE.TaskEither<RunError, void> =>
    pipe(
      TE.Do,
      TE.bind('settings', () =>
        readJson(settingsCodec)(folderAt(folderFor(folder, run.variant.name, run.seed)).settings),
      ),
      TE.bind('outcome', () => outcomeOf(folder)(run)),
      TE.tap(() => makeFolder(cellsFolder(folder))),
      TE.flatMap(({ settings, outcome }) => {
        const address = addressOf(run.variant.experiment, run.variant.scratch, settings)
        const file = join(cellsFolder(folder), `${address}.json`)
        return pipe(
          writeOnce(file, `${JSON.stringify(outcome, null, 2)}\n`),
          TE.flatMap(isFirst =>
            isFirst
              ? TE.right(undefined)
              : pipe(readJson(outcomeCodec)(file), TE.flatMap(checkSame(file, outcome))),
          ),
        )
      }),
    )
