/** The command line as a tree of commands that do nothing. */
import { Command } from 'commander'

const silence = (command: Command): void => {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
  if (command.commands.length === 0) command.action(() => undefined)
  for (const each of command.commands) silence(each)
}

/** Loads the command line, which parses its arguments at once: this time it hands its tree over instead. */
export const loadProgram = async (): Promise<Command> => {
  const parse = Command.prototype.parseAsync
  const given: Command[] = []
  Command.prototype.parseAsync = function (this: Command) {
    given.push(this)
    return Promise.resolve(this)
  }
  await import('../../src/cli.js')
  Command.prototype.parseAsync = parse
  const [program] = given
  if (program === undefined) throw new Error('src/cli.ts parsed no arguments')
  silence(program)
  return program
}
