/** `espalier export` and `espalier import` */
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { ExportError } from '../../convert/error.js'
import { exportModel } from '../../convert/export.js'
import { type Imported, importModel } from '../../convert/import.js'
import { type ModelFile, saveModel } from '../../convert/model-file.js'
import { isFolder } from '../../io/files.js'
import type { Model } from '../../net/weights.js'
import { renderMessage } from '../../report/text/messages.js'
import type { RunError } from '../../run/error.js'
import { end } from '../exit.js'
import { say } from '../stderr.js'
import type { ExportArguments } from './export-options.js'
import { readRun } from './read-run.js'

/** Each format gets a folder of its own. */
const exportAll =
  ({ to: targets, out: _out, data: _data, ...options }: ExportArguments, out: string) =>
  ({ model, preprocessing }: ModelFile): TE.TaskEither<ExportError, readonly string[]> =>
    pipe(
      targets,
      TE.traverseSeqArray(to =>
        exportModel({
          to,
          folder: join(out, to),
          ...(preprocessing !== null && { preprocessing }),
          ...options,
        })(model),
      ),
      TE.map(files => files.flat()),
    )

/** Says what 8-bit weights cost, where that is asked. */
const measure = (run: string, { data }: ExportArguments, model: Model): TE.TaskEither<RunError, void> =>
  data === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromTask(() => import('./measure-weights.js')),
        TE.flatMap(({ measureWeights }) => measureWeights(run, data === true ? undefined : data)(model)),
        TE.map(measured => say(renderMessage(measured))),
      )

export const exportRun = (run: string, options: ExportArguments): Promise<void> => {
  const out = options.out ?? join(isFolder(run) ? run : dirname(run), 'export')
  return end(
    pipe(
      readRun(run),
      TE.tap(({ model }) => measure(run, options, model)),
      TE.flatMap(exportAll(options, out)),
    ),
    files => process.stdout.write(`${files.join('\n')}\n`),
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
