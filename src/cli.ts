#!/usr/bin/env node
/** The command line: arguments in, exit code out. Each command is loaded on demand, so that none loads the packages of another. */
import { fileURLToPath } from 'node:url'
import { Argument, Command, Option } from 'commander'
import {
  amount,
  formats,
  imageCriteria,
  positive,
  seed,
  seeds,
  threads,
  weightCriteria,
} from './cli/arguments.js'
import { exportComplaints } from './cli/export-options.js'
import { guardStreams } from './cli/streams.js'
import { inputs } from './convert/input.js'
import { weightTypes } from './convert/quantise.js'
import { targets } from './convert/target.js'
import { engineNames } from './engine/engine.js'
import { versionOf } from './run/storage/code-version.js'

/** An error in arguments, as one line like all others. */
const oneLine = (text: string): string => {
  const [first = '', ...more] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n')
  return `espalier: ${[first.replace(/\.$/, ''), ...more].join(' ')}; --help lists commands and options\n`
}

/** Ends a command that was given more than it takes, and names what is too much. */
const refuseSurplus = (_: Command, command: Command): void => {
  const { args, registeredArguments: taken } = command
  const most = taken.at(-1)?.variadic === true ? args.length : taken.length
  const surplus = args.slice(most).map(text => `'${text}'`)
  if (surplus.length === 0) return
  const expected = taken.map(each => (each.required ? `<${each.name()}>` : `[${each.name()}]`)).join(' ')
  command.error(
    `error: ${command.name()} has no use for ${surplus.join(', ')}; expected ${expected || 'options'} alone`,
  )
}

const program = new Command('espalier')
  .description('Grow, push and prune convolutional nets written as TypeScript values.')
  .version(versionOf(), '--version')
  .option('--debug', 'show the stack of an error')
  .allowExcessArguments() // refused by name below
  .hook('preAction', refuseSurplus)
  .configureOutput({ outputError: (text, write) => write(oneLine(text)) })

/** A file argument, by default one that comes with the package. */
const file = (what: string, usual: string): Argument =>
  new Argument('[file]', what).default(
    fileURLToPath(new URL(`../dsl/${usual}`, import.meta.url)),
    `dsl/${usual}`,
  )

/** What every command takes that uses a model. */
const anyModel = "a run's folder, a .safetensors, .onnx, .keras or .h5, or the folder of a model.json"

const withJson = (command: Command): Command =>
  command.option(
    '--json',
    'the result as one line of JSON on stdout, all else on stderr (npm adds lines of its own: npm run --silent)',
  )

withJson(program.command('train'))
  .description('train the experiment of a DSL file')
  .addArgument(file('a module whose default export is an experiment', 'quickstart.ts'))
  .option('--data <folder>', 'the folder of the data set')
  .option('--take <n>', 'use only this many training images', positive)
  .option('--skip-bad', 'leave out images that cannot be read, and list them')
  .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
  .option('--seed <n>', 'the seed of all random numbers (default: 0)', seed)
  .option('--out <folder>', 'the folder of the run (default: runs/<name>-<time>)')
  .option('--from <model>', 'begin with the weights of this model, which must fit the net')
  .option('--resume <folder>', 'resume this run; --data and --skip-bad may change, the file may not')
  .option('--force', 'with --resume, use the file as it is now: later steps may have changed')
  .option('--mirror', 'score the test also by the mean of each image and its mirror image')
  .action(async (chosen: string, options, command: Command) => {
    const [named = null] = command.args
    if (options.force && (options.resume === undefined || named === null))
      command.error("error: '--force' needs '--resume' and a file")
    if (options.from !== undefined && options.resume !== undefined && named === null)
      command.error("error: '--from' with '--resume' needs a file; a run that is resumed has its weights")
    await (await import('./cli/train.js')).train(chosen, named, options)
  })

withJson(program.command('resume'))
  .description('resume a run that was stopped')
  .argument('<folder>', "the run's folder")
  .option('--data <folder>', 'the folder of its data set, where it has moved')
  .option('--skip-bad', 'from here on, leave out images that cannot be read, and list them')
  .option('--mirror', 'score the test also by the mean of each image and its mirror image')
  .action(async (folder: string, options) => (await import('./cli/train.js')).resumeRun(folder, options))

const studied = (name: string, usual: string, description: string): void =>
  void program
    .command(name)
    .description(description)
    .addArgument(file('a module whose default export is a study', usual))
    .option('--data <folder>', 'the folder of the data set')
    .option('--take <n>', 'use only this many training images', positive)
    .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
    .option('--out <folder>', 'the folder of its runs, from which it can be resumed', 'runs')
    .option('--results <folder>', 'the folder of tables and figures', 'results')
    .option('--jobs <n>', 'so many parallel processes, which share seeds and cores', threads, 1)
    .option('--threads <n>', 'threads of the engine (default: all cores, divided between jobs)', threads)
    .option('--seeds <list>', 'only these seeds, and no table', seeds)
    .addOption(new Option('--job', 'one of several processes of a study').hideHelp())
    .action(async (chosen: string, options) =>
      (await import('./cli/study.js')).studyFile(name, chosen, options),
    )

studied('ablate', 'ablate-mnist.ts', 'compare the parts of push and the criteria')
studied('compare', 'compare-mnist.ts', 'compare nets: accuracy, size, latency')

program
  .command('describe')
  .description('print a table of layers: output shape, parameters and multiply–accumulates')
  .argument('[file]', `a module whose default export is a net or an experiment; ${anyModel}`)
  .option('--groups', 'print instead the dependency groups: channels that are removed together')
  .option('--before <file>', 'with --after: print instead how two nets differ, layer by layer')
  .option('--after <file>', 'with --before')
  .option('--json', 'with --before and --after: the difference as one line of JSON')
  .action(async (chosen: string | undefined, { before, after, json, ...options }, command: Command) => {
    const describe = await import('./cli/describe.js')
    if (before !== undefined && after !== undefined && chosen === undefined)
      return describe.describeDifference(before, after, json === true)
    if (chosen === undefined || before !== undefined || after !== undefined || json === true)
      return command.error("error: expected a file, or '--before' and '--after'")
    return describe.describeFile(chosen, options)
  })

withJson(program.command('explain'))
  .description('print why channels of a run were kept or cut: utility, threshold, rank, group, round')
  .argument('<run>', "a run's folder")
  .argument(
    '<path[:channel]>',
    'a layer, or one of its channels under the number it had before the first cut',
  )
  .action(async (run: string, place: string, options) =>
    (await import('./cli/review/explain.js')).explainRun(run, place, options),
  )

program
  .command('report')
  .description("write a run's report.html again, or one page that compares several runs")
  .argument('<runs...>', "runs' folders")
  .option('--out <file>', "the page (default: report.html, in the run's folder, or here for several)")
  .option('--drawing <file>', 'of one run: write the net before and after as an SVG of its own too')
  .action(async (runs: readonly string[], options, command: Command) => {
    if (options.drawing !== undefined && runs.length > 1)
      command.error("error: '--drawing' is of one run; expected one folder")
    await (await import('./cli/review/report.js')).report(runs, options)
  })

program
  .command('init')
  .description('look at a folder of images, a folder for each class, and write a first experiment for it')
  .argument('<folder>', 'the folder, or a zip or tar archive')
  .option('--out <file>', "the file to write (default: the folder's name, in dsl/ of a checkout)")
  .option('--force', 'replace the file where there is one')
  .action(async (folder: string, options) =>
    (await import('./cli/images/init.js')).initExperiment(folder, options),
  )

program
  .command('predict')
  .description('print the classes of images, with their probabilities')
  .argument('<model>', anyModel)
  .argument('<images...>', 'images, and folders of images')
  .option('--top <n>', 'how many classes to print for each image, the most probable first', positive, 3)
  .option('--json', 'a line of JSON for each image')
  .addOption(new Option('--csv', 'a row for each image and class').conflicts('json'))
  .action(async (model: string, images: readonly string[], options) =>
    (await import('./cli/images/predict.js')).predictImages(model, images, options),
  )

program
  .command('export')
  .description("write a run's model in formats that other runtimes read")
  .argument('<model>', anyModel)
  .requiredOption('--to <formats>', `any of ${targets.join(', ')}, joined by commas`, formats)
  .option('--out <folder>', 'where each format gets a folder (default: export, beside the model)')
  .addOption(
    new Option(
      '--input <kind>',
      'what the exported model takes: raw pixels from 0 to 255, unit: from 0 to 1, or normalised by the caller (default: raw; normalised where the file does not say how images were normalised); safetensors always holds the weights as trained',
    ).choices(inputs),
  )
  .option(
    '--serving-version <n>',
    'of savedmodel: lay it out as this version of TensorFlow Serving',
    positive,
  )
  .addOption(
    new Option('--weights <type>', 'of onnx: kernels in 8 bits, a fourth of the bytes').choices(weightTypes),
  )
  .option(
    '--data [folder]',
    "with --weights int8: measure its accuracy on the validation images of the run's data, which lies in this folder",
  )
  .action(async (run: string, options, command: Command) => {
    for (const complaint of exportComplaints(run, options)) command.error(`error: ${complaint}`)
    await (await import('./cli/export.js')).exportRun(run, options)
  })

program
  .command('import')
  .description('read a model of Keras, TensorFlow.js or ONNX as a net and its weights')
  .argument('<model>', 'FILE.keras, FILE.h5, FILE.onnx, or the folder of a model.json')
  .requiredOption('--out <file>', 'the model.safetensors to write')
  .option('--batch-norm', 'of ONNX: put back batch norms that exporters folded, as ones that change nothing')
  .option('--no-check', 'of ONNX: do not compare the model with onnxruntime, where that is installed')
  .action(async (model: string, options) => (await import('./cli/export.js')).importFile(model, options))

program
  .command('prune')
  .description('cut channels of a model once, and repair it, without training')
  .argument('<model>', anyModel)
  .requiredOption(
    '--keep <measure=share>',
    'how much to keep of params, macs or bytes, as in macs=0.5',
    amount,
  )
  .option('--data <folder>', 'class folders of images to measure on')
  .option('--experiment <file>', 'measure on the data of this experiment instead; --data is its folder')
  .addOption(
    new Option('--by <criterion>', 'what ranks channels (default: taylor; l1 without images)').choices([
      ...imageCriteria,
      ...weightCriteria,
    ]),
  )
  .addOption(
    new Option(
      '--repair <way>',
      'batchNorm: measured again; reconstruct: each layer fitted to what it gave (default: reconstruct where there is no batch norm)',
    ).choices(['batchNorm', 'reconstruct']),
  )
  .option('--images <n>', 'at most so many images for the criterion and the repair', positive, 1000)
  .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
  .option(
    '--out <file>',
    'the model.safetensors to write (default: NAME-pruned.safetensors beside the model)',
  )
  .option('--force', 'replace the file where there is one')
  .action(async (model: string, options, command: Command) => {
    if (options.data === undefined && options.experiment === undefined) {
      if (options.repair !== undefined)
        command.error("error: '--repair' needs images: --data or --experiment")
      if (imageCriteria.includes(options.by))
        command.error(`error: '--by ${options.by}' needs images: --data or --experiment; try --by l1`)
    }
    await (await import('./cli/models/prune.js')).pruneModel(model, options)
  })

program
  .command('engine')
  .description('download TensorFlow and build the native engine')
  .option('--gpu', 'the build for NVIDIA GPUs')
  .option(
    '--tensorflow <folder>',
    "an unpacked wheel's or site-packages' tensorflow folder, instead of a download",
  )
  .action(async options => (await import('./cli/engine.js')).buildEngine(options))

program
  .command('doctor')
  .description('print the engines: which are installed, which one is used and why, what is missing')
  .action(async () => (await import('./cli/engine.js')).doctor())

guardStreams()
await program.parseAsync()
