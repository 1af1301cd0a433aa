/** `train` and `resume` */
import { type Command, Option } from 'commander'
import { engineNames } from '../../engine/engine.js'
import { positive, seed } from '../arguments.js'
import { file, withCluster, withJson, withRecorders } from './shared.js'

const addTrain = (program: Command): void =>
  void withCluster(withRecorders(withJson(program.command('train'))))
    .description('train the experiment of a DSL file')
    .addArgument(file('a module whose default export is an experiment', 'quickstart.ts'))
    .option('--data <folder>', 'the folder of the data set')
    .option('--take <n>', 'use only this many training images', positive)
    .option('--skip-bad', 'leave out images that cannot be read, and list them')
    .addOption(new Option('--engine <name>', 'the engine').choices(engineNames))
    .option('--profile', 'first print where the time of a training step goes, and what would help')
    .option('--device <file>', 'for targets in latency: the table of a device, as latency --write makes it')
    .option('--seed <n>', 'the seed of all random numbers (default: 0)', seed)
    .option('--out <folder>', 'the folder of the run (default: runs/<name>-<time>)')
    .option('--from <model>', 'begin with the weights of this model, whose net must be the same')
    .option('--resume <folder>', 'resume this run; --data and --skip-bad may change, the file may not')
    .option('--force', 'with --resume: use the file as it is now; steps not yet done may have changed')
    .option('--mirror', 'also give the test accuracy by the mean logits of each image and its mirror image')
    .action(async (chosen: string, options, command: Command) => {
      const [named = null] = command.args
      if (options.force && (options.resume === undefined || named === null))
        command.error(
          'error: --force: expected --resume and a file with it, got one or none of them; try adding both',
        )
      if (options.from !== undefined && options.resume !== undefined && named === null)
        command.error(
          'error: --from: expected a file with --resume, got none; try it without --from, as a run has its weights',
        )
      await (await import('../train.js')).train(chosen, named, options)
    })

const addResume = (program: Command): void =>
  void withCluster(withRecorders(withJson(program.command('resume'))))
    .description('resume a run that was stopped')
    .argument('<folder>', "the run's folder")
    .option('--data <folder>', 'the folder of the data set, if it has moved')
    .option('--skip-bad', 'from now on, leave out images that cannot be read, and list them')
    .option('--device <file>', 'for targets in latency: the table of a device')
    .option('--mirror', 'also give the test accuracy by the mean logits of each image and its mirror image')
    .action(async (folder: string, options) => (await import('../resume.js')).resumeRun(folder, options))

/** The commands that train. */
export const training = [addTrain, addResume]
