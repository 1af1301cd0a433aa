/** Arguments and options that several commands share. */
import { fileURLToPath } from 'node:url'
import { Argument, type Command, Option } from 'commander'
import { cluster, positive } from '../arguments.js'

/** A file argument, by default one that comes with the package. */
export const file = (what: string, usual: string): Argument =>
  new Argument('[file]', what).default(
    fileURLToPath(new URL(`../../../dsl/${usual}`, import.meta.url)),
    `dsl/${usual}`,
  )

/** What every command takes that uses a model. */
export const anyModel = "a run's folder, a .safetensors, .onnx, .keras or .h5, or the folder of a model.json"

export const withJson = (command: Command): Command =>
  command.option(
    '--json',
    'print the result as one line of JSON on stdout, and all else on stderr (npm adds lines of its own without npm run --silent)',
  )

/** What records runs beside their folders. */
export const withRecorders = (command: Command): Command =>
  command
    .option('--tensorboard', "write an event file of TensorBoard into each run's folder")
    .option('--mlflow <url>', 'record each run on this MLflow server, such as http://localhost:5000')

/** What shares each batch between machines. */
export const withCluster = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--cluster <list>',
        'share each batch with other machines: HOST:PORT of this one, then of each worker',
      )
        .argParser(cluster)
        .conflicts('engine'),
    )
    .option('--sync-batch-norm', 'with --cluster: batch norm over the whole batch, as on one machine')
    .option('--wait <s>', 'with --cluster: seconds to wait for workers', positive, 30)
