/** `espalier export` and `espalier import` */
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { ExportError } from '../export/error.js'
import { exportModel } from '../export/export.js'
import { readLayersModel } from '../export/layers/read.js'
import type { Target } from '../export/target.js'
import type { Model } from '../net/weights.js'
import { folderAt } from '../run/folder.js'
import { readModel, saveModel } from '../run/model.js'
import { end } from './end.js'

interface ExportArguments {
  readonly to: readonly Target[]
  readonly out?: string
}

/** A model's own file, or that of a run's folder. */
const modelFile = (run: string): string => (run.endsWith('.safetensors') ? run : folderAt(run).model)

/** Each format gets a folder of its own. */
const exported =
  (targets: readonly Target[], out: string) =>
  (model: Model): TE.TaskEither<ExportError, readonly string[]> =>
    pipe(
      targets,
      TE.traverseSeqArray(to => exportModel({ to, folder: join(out, to) })(model)),
      TE.map(files => files.flat()),
    )

export const exportRun = (run: string, { to, out }: ExportArguments): Promise<void> => {
  const file = modelFile(run)
  return end(pipe(readModel(file), TE.flatMap(exported(to, out ?? join(dirname(file), 'export')))), files =>
    process.stdout.write(`${files.join('\n')}\n`),
  )
}

export const importLayers = (folder: string, { out }: { readonly out: string }): Promise<void> =>
  end(
    pipe(
      readLayersModel(folder),
      TE.flatMap(saveModel(out)),
      TE.map(() => out),
    ),
    file => process.stdout.write(`${file}\n`),
  )
