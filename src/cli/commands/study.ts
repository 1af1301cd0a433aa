/** `ablate` and `compare` */
import { type Command, Option } from 'commander'
import { engineNames } from '../../engine/engine.js'
import { positive, seeds, threads } from '../arguments.js'
import { file } from './shared.js'

const addStudy =
  (name: string, usual: string, description: string) =>
  (program: Command): void =>
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
        (await import('../study.js')).studyFile(name, chosen, options),
      )

/** The commands that run studies. */
export const studies = [
  addStudy('ablate', 'ablate-mnist.ts', 'compare the parts of push and the criteria'),
  addStudy('compare', 'compare-mnist.ts', 'compare nets: accuracy, size, latency'),
]
