/** `espalier export` and `espalier import` */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { ExportError } from '../convert/error.js'
import { exportModel } from '../convert/export.js'
import { type Imported, importModel } from '../convert/import.js'
import type { Input } from '../convert/input.js'
import { type ModelFile, readModelFile, saveModel } from '../convert/model-file.js'
import type { Target } from '../convert/target.js'
import { renderMessage } from '../report/text/messages.js'
import type { RunError } from '../run/error.js'
import { folderAt } from '../run/storage/folder.js'
import { commandText } from './command-text.js'
import { end } from './exit.js'
import { say } from './stderr.js'

interface ExportArguments {
  readonly to: readonly Target[]
  readonly out?: string
  /** By default pixels from 0 to 255, where the model's file says how images were normalised. */
  readonly input?: Input
}

/** A model's own file, or that of a run's folder. */
const modelFile = (run: string): string => (run.endsWith('.safetensors') ? run : folderAt(run).model)

/** Each format gets a folder of its own. */
const exportAll =
  ({ to: targets, input }: ExportArguments, out: string) =>
  ({ model, preprocessing }: ModelFile): TE.TaskEither<ExportError, readonly string[]> =>
    pipe(
      targets,
      TE.traverseSeqArray(to =>
        exportModel({
          to,
          folder: join(out, to),
          ...(preprocessing !== null && { preprocessing }),
          ...(input !== undefined && { input }),
        })(model),
      ),
      TE.map(files => files.flat()),
    )

/** Errors  RunUnfinished for the folder of a run that has no model yet */
const readRun = (run: string, file: string): TE.TaskEither<RunError | ExportError, ModelFile> =>
  !existsSync(file) && existsSync(folderAt(run).checkpoint)
    ? TE.left({ _tag: 'RunUnfinished', folder: run, next: commandText('resume', [run]) })
    : readModelFile(file)

export const exportRun = (run: string, options: ExportArguments): Promise<void> => {
  const file = modelFile(run)
  const out = options.out ?? join(dirname(file), 'export')
  return end(pipe(readRun(run, file), TE.flatMap(exportAll(options, out))), files =>
    process.stdout.write(`${files.join('\n')}\n`),
  )
}

const report = ({ dropped, notes = [], ...file }: Imported): ModelFile => {
  for (const note of [...dropped, ...notes]) say(renderMessage(note))
  return file
}

interface ImportArguments {
  readonly out: string
  readonly batchNorm?: true
  readonly check: boolean
}

export const importFile = (path: string, { out, ...options }: ImportArguments): Promise<void> =>
  end(
    pipe(
      importModel(path, options),
      TE.map(report),
      TE.flatMap(({ model, preprocessing }) => saveModel(out, preprocessing ?? undefined)(model)),
      TE.map(() => out),
    ),
    file => process.stdout.write(`${file}\n`),
  )
