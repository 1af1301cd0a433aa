/** `init` and `predict` */
import { type Command, Option } from 'commander'
import { positive } from '../arguments.js'
import { anyModel } from './shared.js'

const addInit = (program: Command): void =>
  void program
    .command('init')
    .description('write a first experiment for a folder of images that has a folder for each class')
    .argument('<folder>', 'the folder of class folders, or a zip or tar archive of it')
    .option('--out <file>', "the file to write (default: the folder's name, in dsl/ of a checkout)")
    .option('--force', 'replace the file where there is one')
    .action(async (folder: string, options) =>
      (await import('../images/init.js')).initExperiment(folder, options),
    )

const addPredict = (program: Command): void =>
  void program
    .command('predict')
    .description('print the classes of images, with their probabilities')
    .argument('<model>', anyModel)
    .argument('<images...>', 'images, and folders of images')
    .option('--top <n>', 'print this many classes for each image, the most probable first', positive, 3)
    .option('--json', 'print a line of JSON for each image')
    .addOption(new Option('--csv', 'print a row of CSV for each image and class').conflicts('json'))
    .action(async (model: string, images: readonly string[], options) =>
      (await import('../images/predict.js')).predictImages(model, images, options),
    )

/** The commands that begin and end with a folder of images. */
export const images = [addInit, addPredict]
