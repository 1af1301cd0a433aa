/** `engine` and `doctor` */
import type { Command } from 'commander'

const addEngine = (program: Command): void =>
  void program
    .command('engine')
    .description('download TensorFlow and build the native engine')
    .option('--gpu', 'build it for NVIDIA GPUs')
    .option(
      '--tensorflow <folder>',
      'use this tensorflow folder, of an unpacked wheel or of site-packages, instead of a download',
    )
    .action(async options => (await import('../engine.js')).buildEngine(options))

const addDoctor = (program: Command): void =>
  void program
    .command('doctor')
    .description('print the engines: which are installed, which one is used and why, what is missing')
    .action(async () => (await import('../engine.js')).doctor())

/** The commands about engines. */
export const engines = [addEngine, addDoctor]
