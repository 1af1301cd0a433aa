/** The page of all messages: each example of a fact, as a command prints it. */
import type { Tag } from '../../src/report/text/fact.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { factsOf, rooms } from './facts/index.js'

const escapeCell = (text: string): string =>
  text.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/\*/g, '\\*')

/** A line, and the advice at its end. */
const split = (line: string): readonly [says: string, advice: string] => {
  const at = line.search(/; (if [^;]+, )?(try|please report)\b/)
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)]
}

const rowsOf = (tag: Tag): readonly string[] =>
  factsOf(tag)
    .map(renderMessage)
    .map(split)
    .map(([says, advice]) => `| \`${tag}\` | ${escapeCell(says)} | ${escapeCell(advice)} |`)

const roomText = ([title, tags]: readonly [string, readonly Tag[]]): string =>
  `## ${title}\n\n| fact | says | and to try |\n| --- | --- | --- |\n${tags.flatMap(rowsOf).join('\n')}`

const head = `# All messages

Every line that a failed command or a notice may print, with examples of the files, layers and numbers in it. An error
says where, what was expected and what was got, and what to try. The first column is the \`_tag\` by which code knows the
fact. What lies behind the more frequent ones is in [troubleshooting](troubleshooting.md).

<!-- Written by \`npm run words\` from docs/words/facts. -->`

export const messagesPage = (): string => `${[head, ...rooms.map(roomText)].join('\n\n')}\n`
