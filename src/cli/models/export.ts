/** `espalier export` and `espalier import` */
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { ExportError } from '../../convert/error.js'
import { exportModel } from '../../convert/export.js'
import { type Imported, importModel } from '../../convert/import.js'
import { type ModelFile, saveModel } from '../../convert/model-file.js'
import type { Precision } from '../../convert/onnx/export/model.js'
import type { Activations } from '../../convert/onnx/quantise/activations.js'
import { isFolder } from '../../io/files.js'
import type { Model } from '../../net/weights.js'
import { renderMessage } from '../../report/text/render-message.js'
import type { RunError } from '../../run/error.js'
import { end } from '../exit.js'
import { say } from '../stderr.js'
import type { ExportArguments } from './export-options.js'
import { readRun } from './read-run.js'

/** Each format gets a folder of its own. */
const exportAll =
  (
    { to: targets, out: _out, data: _data, ...options }: Omit<ExportArguments, 'activations'> & Precision,
    out: string,
  ) =>
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

/** How values are computed; in 8 bits, the run's data may be asked for ranges, and for the accuracy that is left. */
const activationsFor = (
  run: string,
  { activations = 'float32', data }: ExportArguments,
  model: Model,
): TE.TaskEither<RunError, Activations> =>
  data === undefined && activations !== 'calibrated'
    ? TE.right(activations)
    : pipe(
        TE.fromTask(() => import('./quantise.js')),
        TE.flatMap(({ quantiseOn }) =>
          quantiseOn(run, typeof data === 'string' ? data : undefined, activations)(model),
        ),
      )

export const exportRun = (run: string, options: ExportArguments): Promise<void> => {
  const out = options.out ?? join(isFolder(run) ? run : dirname(run), 'export')
  return end(
    pipe(
      readRun(run),
      TE.bindTo('file'),
      TE.bind('activations', ({ file }) => activationsFor(run, options, file.model)),
      TE.flatMap(({ file, activations }) => exportAll({ ...options, activations }, out)(file)),
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
