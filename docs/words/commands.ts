/** The page of all commands, from the tree that the command line parses by. */
import type { Command, Option } from 'commander'

const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/\*/g, '\\*')

/** A default that stands in the text of an option already is not said again. */
const defaultText = ({ description, defaultValue }: Option): string =>
  defaultValue === undefined || typeof defaultValue === 'boolean' || description.includes('default:')
    ? ''
    : ` (default: ${defaultValue})`

const choicesText = ({ argChoices }: Option): string =>
  argChoices === undefined ? '' : `: ${argChoices.join(', ')}`

const optionRow = (option: Option): string =>
  `| \`${option.flags}\` | ${cell(`${option.description}${choicesText(option)}${defaultText(option)}`)} |`

const argumentRow = (command: Command): readonly string[] =>
  command.registeredArguments.map(each => {
    const usual =
      each.defaultValueDescription === undefined ? '' : ` (default: ${each.defaultValueDescription})`
    const name = `${each.name()}${each.variadic ? '…' : ''}`
    return `| \`${each.required ? `<${name}>` : `[${name}]`}\` | ${cell(`${each.description}${usual}`)} |`
  })

const table = (head: string, rows: readonly string[]): readonly string[] =>
  rows.length === 0 ? [] : [`| ${head} | |\n| --- | --- |\n${rows.join('\n')}`]

const commandText = (command: Command): string =>
  [
    `## ${command.name()}`,
    `${command.description().replace(/^\w/, first => first.toUpperCase())}.`,
    ...table('argument', argumentRow(command)),
    ...table('option', command.options.filter(({ hidden }) => !hidden).map(optionRow)),
  ].join('\n\n')

const head = `# Commands

In a checkout each command is a script of npm, with its arguments behind \`--\`: \`npm run describe -- FILE\`; \`train\` is
\`npm run compile-and-train\`. In a project that has the package, it is \`npx espalier describe FILE\`. Each has \`--help\`,
and fails with one line that says what was expected ([all messages](messages.md)).

<!-- Written by \`npm run words\` from src/cli.ts. -->`

export const commandsPage = (program: Command): string =>
  `${[head, ...program.commands.map(commandText)].join('\n\n')}\n`
