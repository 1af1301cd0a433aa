#!/usr/bin/env node
/** The command line: arguments in, exit code out. Each command is loaded on demand, so that none loads the packages of another. */
import { Command } from 'commander'
import { argumentLine } from './cli/argument-line.js'
import { engines } from './cli/commands/engine.js'
import { images } from './cli/commands/images.js'
import { models } from './cli/commands/models.js'
import { reviews } from './cli/commands/review.js'
import { studies } from './cli/commands/study.js'
import { training } from './cli/commands/train.js'
import { guardStreams } from './cli/streams.js'
import { versionOf } from './run/storage/code-version.js'

/** Ends a command that was given more than it takes, and names what is too much. */
const refuseSurplus = (_: Command, command: Command): void => {
  const { args, registeredArguments: taken } = command
  const most = taken.at(-1)?.variadic === true ? args.length : taken.length
  const surplus = args.slice(most).map(text => `'${text}'`)
  if (surplus.length === 0) return
  const expected = taken.map(each => (each.required ? `<${each.name()}>` : `[${each.name()}]`)).join(' ')
  command.error(
    `error: ${command.name()}: expected ${expected || 'options'} alone, got also ${surplus.join(', ')}; try --help`,
  )
}

const program = new Command('espalier')
  .description('Grow, push and prune convolutional nets written as TypeScript values.')
  .version(versionOf(), '--version')
  .option('--debug', 'show the stack of an error')
  .allowExcessArguments() // refused by name below
  .hook('preAction', refuseSurplus)
  .configureOutput({ outputError: (text, write) => write(`espalier: ${argumentLine(text)}\n`) })

for (const add of [...training, ...studies, ...reviews, ...images, ...models, ...engines]) add(program)

guardStreams()
await program.parseAsync()
