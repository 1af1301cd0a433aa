/** `ablate`, `compare` and `worker` */
import { type Command, Option } from 'commander'
import { engineNames } from '../../engine/engine.js'
import { cell, listening, positive, queue, seed, seeds, threads } from '../arguments.js'
import { file, withRecorders } from './shared.js'

/** What every process that works on a study is told. */
const withStudyOptions = (command: Command): Command =>
  withRecorders(command)
    .option('--data <folder>', 'the folder of the data set')
    .option('--take <n>', 'use only this many training images', positive)
    .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
    .option('--out <folder>', "the folder of the study's runs; the same command resumes them", 'runs')

const cellOption = new Option(
  '--cell <k/n>',
  'run only cell K of N, counted from 0, and write no table; exit code 75: try again, 78: do not',
)
  .argParser(cell)
  .conflicts(['seeds', 'jobs', 'queue'])

const queueOption = new Option(
  '--queue <address>',
  'leave the cells to workers that ask this Redis server, and wait for them',
)
  .argParser(queue)
  .conflicts(['seeds', 'jobs'])

const addStudy =
  (name: string, usual: string, description: string) =>
  (program: Command): void =>
    void withStudyOptions(
      program
        .command(name)
        .description(description)
        .addArgument(file('a module whose default export is a study', usual)),
    )
      .option('--results <folder>', 'the folder for tables and figures', 'results')
      .option('--jobs <n>', 'run this many cells at a time, in processes that share the cores', threads, 1)
      .option('--threads <n>', 'threads of the engine (default: all cores, divided between jobs)', threads)
      .option('--seeds <list>', 'run only these seeds, as in 0,2, and write no table', seeds)
      .option('--cells', 'list the cells, each a variant with a seed, by number, and run none')
      .addOption(cellOption)
      .addOption(queueOption)
      .addOption(new Option('--job', 'one of several processes of a study').hideHelp())
      .action(async (chosen: string, options) =>
        (await import('../study.js')).studyFile(name, chosen, options),
      )

const listenOption = new Option(
  '--listen <address>',
  'wait here for a training with --cluster: at HOST:PORT, or at a port that this machine alone can reach',
)
  .argParser(listening)
  .conflicts(['queue', 'jobs', 'threads', 'engine', 'out', 'tensorboard', 'mlflow'])

const addWorker = (program: Command): void =>
  void withStudyOptions(
    program
      .command('worker')
      .description("run a study's cells from a queue, or compute a share of each batch of a training")
      .argument('<file>', 'the module of the study that is queued, or of the experiment that is trained'),
  )
    .addOption(
      new Option(
        '--queue <address>',
        'run cells from this Redis server, such as redis://localhost:6379',
      ).argParser(queue),
    )
    .option('--jobs <n>', 'run this many cells at a time, in processes that share the cores', threads, 1)
    .option('--threads <n>', 'threads of the engine (default: as many as the other workers have)', threads)
    .addOption(listenOption)
    .option('--from <model>', 'with --listen: the model that the training begins with')
    .option('--seed <n>', 'with --listen: take part only in a training with this seed', seed)
    .action(async (chosen: string, options, command: Command) => {
      if (options.listen !== undefined)
        return (await import('../cluster/worker.js')).clusterWorker(chosen, options)
      if (options.queue === undefined)
        command.error(
          'error: worker: expected --queue for cells of a study, or --listen for a training, got neither; try --help',
        )
      await (await import('../study/queue/worker.js')).studyWorker(chosen, options)
    })

/** The commands that run studies. */
export const studies = [
  addStudy(
    'ablate',
    'studies/ablate-mnist.ts',
    'run a study that leaves out parts of push, and compares criteria',
  ),
  addStudy(
    'compare',
    'studies/compare-mnist.ts',
    'run a study that compares variants: accuracy, size, latency',
  ),
  addWorker,
]
