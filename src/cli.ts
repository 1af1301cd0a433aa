#!/usr/bin/env node
/** Arguments in, exit code out. Each command is loaded when it is asked for, so that none waits for another's needs. */
import { fileURLToPath } from 'node:url'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { guardStreams } from './cli/streams.js'
import { inputs } from './convert/input.js'
import { type Target, targets } from './convert/target.js'
import { engineNames } from './engine/engine.js'
import { versionOf } from './run/code-version.js'

/** Whole numbers in digits, of which `least` is the smallest. */
const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const n = Number(text)
    if (/^\d+$/.test(text) && n >= least && n <= most) return n
    const range =
      most === Number.MAX_SAFE_INTEGER ? `≥ ${least}` : `from ${least} to ${most.toLocaleString('en')}`
    throw new InvalidArgumentError(`Expected a whole number ${range}.`)
  }

const positive = whole(1)

/** Random numbers are drawn by the lowest 32 bits of a seed: two that differ above them would be the same. */
const seed = whole(0, 2 ** 32 - 1)

/** More than any machine has cores. */
const mostAtOnce = 1024
const atOnce = whole(1, mostAtOnce)

const seeds = (text: string): readonly number[] => text.split(',').map(seed)

/** A complaint about arguments, as all others are: one line. */
const oneLine = (text: string): string => {
  const [first = '', ...more] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n')
  return `espalier: ${[first.replace(/\.$/, ''), ...more].join(' ')}; --help shows what is known\n`
}

const program = new Command('espalier')
  .description('Grow, push and prune convolutional nets written as TypeScript values.')
  .version(versionOf(), '--version')
  .option('--debug', 'show the stack of what went wrong')
  .configureOutput({ outputError: (text, write) => write(oneLine(text)) })

/** A file to work on; one of those that come with the package where none is named. */
const file = (what: string, usual: string): Argument =>
  new Argument('[file]', what).default(
    fileURLToPath(new URL(`../dsl/${usual}`, import.meta.url)),
    `dsl/${usual}`,
  )

const watched = (command: Command): Command =>
  command.option(
    '--json',
    'the result as one line of JSON on stdout, all else on stderr (npm adds lines of its own: npm run --silent)',
  )

watched(program.command('train'))
  .description('train the experiment of a DSL file')
  .addArgument(file('a module whose default export is an experiment', 'quickstart.ts'))
  .option('--data <folder>', 'where the data set lies')
  .option('--take <n>', 'only this many training images', positive)
  .option('--skip-bad', 'leave out images that cannot be read, and list them')
  .addOption(new Option('--engine <name>', 'what computes').choices(engineNames))
  .option('--seed <n>', 'of all that is random (default: 0)', seed)
  .option('--out <folder>', 'where the run is kept (default: runs/<name>-<time>)')
  .option(
    '--resume <folder>',
    'go on with this run as it began; --data and --skip-bad may be others, the file may not have changed',
  )
  .option('--force', 'with --resume, go on with the file as it is now: with steps that are still to come')
  .action(async (chosen: string, options, command: Command) => {
    const [named = null] = command.args
    if (options.force && (options.resume === undefined || named === null))
      command.error("error: '--force' goes with '--resume' and a file")
    await (await import('./cli/train.js')).train(chosen, named, options)
  })

watched(program.command('resume'))
  .description('go on with a run that was stopped')
  .argument('<folder>', "the run's folder")
  .option('--data <folder>', 'where its data set lies now')
  .option('--skip-bad', 'from here on, leave out images that cannot be read, and list them')
  .action(async (folder: string, options) => (await import('./cli/train.js')).resumeRun(folder, options))

const studied = (name: string, usual: string, description: string): void =>
  void program
    .command(name)
    .description(description)
    .addArgument(file('a module whose default export is a study', usual))
    .option('--data <folder>', 'where the data set lies')
    .option('--take <n>', 'only this many training images', positive)
    .addOption(new Option('--engine <name>', 'what computes').choices(engineNames))
    .option('--out <folder>', 'where its runs are kept, so that it can go on', 'runs')
    .option('--results <folder>', 'where tables and figures go', 'results')
    .option('--jobs <n>', 'so many processes, each with seeds and cores of its own', atOnce, 1)
    .option('--threads <n>', 'for the engine (default: every core, divided between jobs)', atOnce)
    .option('--seeds <list>', 'only these, and no table', seeds)
    .addOption(new Option('--job', 'one of several processes of a study').hideHelp())
    .action(async (chosen: string, options) =>
      (await import('./cli/study.js')).studyFile(name, chosen, options),
    )

studied('ablate', 'ablate-mnist.ts', 'what each part of push and each criterion is worth')
studied('compare', 'compare-mnist.ts', 'nets against each other: accuracy, size, latency')

program
  .command('describe')
  .description('a table of layers with output shape, parameters and multiply–accumulates')
  .argument(
    '<file>',
    "a module whose default export is a net or an experiment; a run's folder; a .safetensors",
  )
  .option('--groups', 'instead, which channels live and die together')
  .action(async (chosen: string, options) =>
    (await import('./cli/describe.js')).describeFile(chosen, options),
  )

const formats = (text: string): readonly Target[] =>
  text.split(',').map(name => {
    const target = targets.find(known => known === name.trim())
    if (target === undefined)
      throw new InvalidArgumentError(`${name} is unknown; ${targets.join(', ')} are known.`)
    return target
  })

program
  .command('export')
  .description("write a run's model in formats that other runtimes read")
  .argument('<run>', "a run's folder, or a model.safetensors")
  .requiredOption('--to <formats>', `any of ${targets.join(', ')}, joined by commas`, formats)
  .option('--out <folder>', 'where each format gets a folder (default: export, beside the model)')
  .addOption(
    new Option(
      '--input <kind>',
      'what the exported model takes: raw pixels from 0 to 255, unit: from 0 to 1, or normalised by the caller (default: raw; normalised where the file does not say how images were normalised); safetensors always holds the weights as trained',
    ).choices(inputs),
  )
  .action(async (run: string, options) => (await import('./cli/export.js')).exportRun(run, options))

program
  .command('import')
  .description('read a TensorFlow.js LayersModel as a net and its weights')
  .argument('<folder>', 'where model.json and its shards lie')
  .requiredOption('--out <file>', 'the model.safetensors to write')
  .action(async (folder: string, options) => (await import('./cli/export.js')).importLayers(folder, options))

program
  .command('engine')
  .description('get TensorFlow and build the native engine')
  .option('--gpu', 'the build for NVIDIA GPUs')
  .option(
    '--tensorflow <folder>',
    "an unpacked wheel's or site-packages' tensorflow folder, instead of a download",
  )
  .action(async options => (await import('./cli/engine.js')).buildEngine(options))

program
  .command('doctor')
  .description('what engines there are, which one will be used and why, what is missing')
  .action(async () => (await import('./cli/engine.js')).doctor())

guardStreams()
await program.parseAsync()
