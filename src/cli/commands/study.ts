/** `ablate`, `compare` and `worker` */
import { type Command, Option } from 'commander'
import { engineNames } from '../../engine/engine.js'
import { cell, positive, queue, seeds, threads } from '../arguments.js'
import { file, withRecorders } from './shared.js'

/** What every process that works on a study is told. */
const withStudyOptions = (command: Command): Command =>
  withRecorders(command)
    .option('--data <folder>', 'the folder of the data set')
    .option('--take <n>', 'use only this many training images', positive)
    .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
    .option('--out <folder>', 'the folder of its runs, from which it can be resumed', 'runs')

const cellOption = new Option(
  '--cell <k/n>',
  'only cell K of N, from 0, and no table; exits with 75: try again, 78: never',
)
  .argParser(cell)
  .conflicts(['seeds', 'jobs', 'queue'])

const queueOption = new Option(
  '--queue <address>',
  'leave the cells to workers, by this Redis server, and wait for them',
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
      .option('--results <folder>', 'the folder of tables and figures', 'results')
      .option('--jobs <n>', 'so many cells at a time, in processes that share the cores', threads, 1)
      .option('--threads <n>', 'threads of the engine (default: all cores, divided between jobs)', threads)
      .option('--seeds <list>', 'only these seeds, and no table', seeds)
      .option('--cells', 'list the cells: number, seed and variant; run none')
      .addOption(cellOption)
      .addOption(queueOption)
      .addOption(new Option('--job', 'one of several processes of a study').hideHelp())
      .action(async (chosen: string, options) =>
        (await import('../study.js')).studyFile(name, chosen, options),
      )

const addWorker = (program: Command): void =>
  void withStudyOptions(
    program
      .command('worker')
      .description("run a study's cells from a queue, until the study is done")
      .argument('<file>', 'the module whose study compare or ablate has queued'),
  )
    .addOption(new Option('--queue <address>', 'the Redis server').argParser(queue).makeOptionMandatory())
    .option('--jobs <n>', 'so many cells at a time, in processes that share the cores', threads, 1)
    .option('--threads <n>', 'threads of the engine (default: as other workers)', threads)
    .action(async (chosen: string, options) =>
      (await import('../study/queue/worker.js')).studyWorker(chosen, options),
    )

/** The commands that run studies. */
export const studies = [
  addStudy('ablate', 'studies/ablate-mnist.ts', 'compare the parts of push and the criteria'),
  addStudy('compare', 'studies/compare-mnist.ts', 'compare nets: accuracy, size, latency'),
  addWorker,
]
