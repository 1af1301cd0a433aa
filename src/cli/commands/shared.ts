/** Arguments and options that several commands share. */
import { fileURLToPath } from 'node:url'
import { Argument, type Command } from 'commander'

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
    'the result as one line of JSON on stdout, all else on stderr (npm adds lines of its own: npm run --silent)',
  )
