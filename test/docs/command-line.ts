/** Whether a line of a document is one that the command line would take. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { root } from './snippets.js'

const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)

/** Words of a line of a shell, up to a comment; quotes hold words together. */
const wordsOf = (line: string): readonly string[] =>
  [...line.replace(/(^|\s)#.*$/, '').matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) =>
    word.replace(/^(["'])(.*)\1$/, '$2'),
  )

const npmCommands: readonly string[] = ['install', 'ci', 'pack', 'test', 'i']

/** What a script of package.json gives to the command line, with arguments behind `--`; `null` where it is another program. */
const scriptArguments = (name: string, given: readonly string[]): readonly string[] | null => {
  const script = scripts[name]
  if (script === undefined) throw new Error(`package.json has no script ${name}`)
  const [, command] = script.match(/ \.\/cli\.mjs (\w+)$/) ?? []
  const [first, ...rest] = given
  if (first !== undefined && first !== '--') throw new Error(`npm run ${name}: arguments without --`)
  return command === undefined ? null : [command, ...rest]
}

/** The arguments that a line gives to the command line; `null` where it calls something else. */
const argumentsOf = (words: readonly string[]): readonly string[] | null => {
  const [program, ...rest] = words.filter(word => !/^[A-Z_]+=/.test(word))
  if (program === 'espalier') return rest
  if (program === 'npx' && rest[0] === 'espalier') return rest.slice(1)
  if (program !== 'npm') return null
  const [command = '', ...given] = rest.filter(word => word !== '--silent')
  if (command !== 'run') {
    if (!npmCommands.includes(command)) throw new Error(`npm has no ${command} here`)
    return null
  }
  const [name = '', ...options] = given
  return scriptArguments(name, options)
}

/** What a document may say where a number or a list is expected. */
const values: Readonly<Record<string, string>> = { N: '1', FORMATS: 'onnx', NAME: 'wasm' }

/** Throws what the command line would complain of; gives whether it was asked. */
export const tryLine = async (program: Command, line: string): Promise<boolean> => {
  const given = argumentsOf(wordsOf(line))
  if (given === null) return false
  await program.parseAsync(['node', 'espalier', ...given.map(word => values[word] ?? word)])
  return true
}
