/** `export`, `import` and `prune` */
import { type Command, Option } from 'commander'
import { inputs } from '../../convert/input.js'
import { activationTypes } from '../../convert/onnx/quantise/activations.js'
import { weightTypes } from '../../convert/quantise.js'
import { targets } from '../../convert/target.js'
import { engineNames } from '../../engine/engine.js'
import { amount, formats, imageCriteria, positive, threads, weightCriteria } from '../arguments.js'
import { exportComplaints } from '../models/export-options.js'
import { anyModel } from './shared.js'

const addExport = (program: Command): void =>
  void program
    .command('export')
    .description('write a model in formats that other runtimes read')
    .argument('<model>', anyModel)
    .requiredOption('--to <formats>', `any of ${targets.join(', ')}, joined by commas`, formats)
    .option('--out <folder>', 'where each format gets a folder (default: export, beside the model)')
    .addOption(
      new Option(
        '--input <kind>',
        'what the exported model takes: raw, pixels from 0 to 255; unit, from 0 to 1; normalised, by the caller (default: raw, or normalised where the file does not say how images were normalised); safetensors always holds the weights as trained',
      ).choices(inputs),
    )
    .option(
      '--serving-version <n>',
      'for savedmodel: lay the folder out for TensorFlow Serving, as this version',
      positive,
    )
    .addOption(
      new Option(
        '--weights <type>',
        'for onnx: int8 stores kernels in 8 bits, a fourth of the bytes',
      ).choices(weightTypes),
    )
    .addOption(
      new Option(
        '--activations <type>',
        "with --weights int8: compute products with 8-bit integers; dynamic rounds their inputs by the range in each call, calibrated by ranges measured on the run's validation images",
      ).choices(activationTypes),
    )
    .option(
      '--data [folder]',
      "with --weights int8: measure accuracy, bytes and time on the run's validation images; the folder of its data set, if it has moved",
    )
    .action(async (run: string, options, command: Command) => {
      for (const complaint of exportComplaints(run, options)) command.error(`error: ${complaint}`)
      await (await import('../models/export.js')).exportRun(run, options)
    })

const addImport = (program: Command): void =>
  void program
    .command('import')
    .description('read a model of Keras, TensorFlow.js or ONNX as a net and its weights')
    .argument('<model>', 'FILE.keras, FILE.h5, FILE.onnx, or the folder of a model.json')
    .requiredOption('--out <file>', 'the file to write, such as model.safetensors')
    .option(
      '--batch-norm',
      'for ONNX: put back batch norms that exporters folded into convolutions, as ones that change nothing',
    )
    .option('--no-check', 'for ONNX: do not compare the model with onnxruntime, where that is installed')
    .action(async (model: string, options) =>
      (await import('../models/export.js')).importFile(model, options),
    )

/** What needs images where there are none. */
const imageComplaints = ({ by = '', repair }: { readonly by?: string; readonly repair?: string }) => [
  ...(repair !== undefined ? ['--repair: expected images, got none; try --data or --experiment'] : []),
  ...(imageCriteria.includes(by)
    ? [`--by ${by}: expected images, got none; try --data or --experiment, or --by l1`]
    : []),
]

const addPrune = (program: Command): void =>
  void program
    .command('prune')
    .description('remove channels of a model once, and repair it, without training')
    .argument('<model>', anyModel)
    .requiredOption(
      '--keep <measure=share>',
      'the share to keep of params, macs, bytes or latency, as in macs=0.5',
      amount,
    )
    .option(
      '--data <folder>',
      'a folder of class folders, with images for the criterion, the repair and the accuracy',
    )
    .option('--experiment <file>', 'use the data of this experiment instead; --data is its folder')
    .addOption(
      new Option(
        '--by <criterion>',
        'the criterion that ranks channels (default: taylor, or l1 without images)',
      ).choices([...imageCriteria, ...weightCriteria]),
    )
    .addOption(
      new Option(
        '--repair <way>',
        'batchNorm measures its statistics again; head does so and fits the last layer to its outputs before the cut; reconstruct fits each layer so (default: batchNorm, or reconstruct where there is none)',
      ).choices(['batchNorm', 'head', 'reconstruct']),
    )
    .option('--images <n>', 'use at most this many images for the criterion and the repair', positive, 1000)
    .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
    .option('--device <file>', 'with --keep latency=…: the table of a device, as latency --write makes it')
    .option(
      '--out <file>',
      'the model.safetensors to write (default: NAME-pruned.safetensors beside the model)',
    )
    .option('--force', 'replace the file where there is one')
    .action(async (model: string, options, command: Command) => {
      if (options.data === undefined && options.experiment === undefined)
        for (const complaint of imageComplaints(options)) command.error(`error: ${complaint}`)
      await (await import('../models/prune.js')).pruneModel(model, options)
    })

const addLatency = (program: Command): void =>
  void program
    .command('latency')
    .description('measure the latency of layers on this machine, and of a model')
    .argument('[model]', anyModel)
    .option('--write <file>', 'measure layers, and write a table of them for --device, on any machine')
    .addOption(
      new Option('--device <file>', "predict the model's latency by the table in this file").conflicts(
        'write',
      ),
    )
    .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
    .option('--threads <n>', 'threads of the engine (default: all cores)', threads)
    .option('--profile', 'print where the time of the model goes, and what would help')
    .option('--batch <n>', 'with --profile: this many images at a time', positive, 1)
    .action(async (model: string | undefined, options) =>
      (await import('../models/latency.js')).measureLatency(model, options),
    )

/** The commands that take a model. */
export const models = [addExport, addImport, addPrune, addLatency]
