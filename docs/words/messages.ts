/** The page of all messages, from the templates in the source: what varies in a message is an ellipsis. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../src/report/text/messages')

/** The files of messages by room, in the order of what a newcomer meets. */
const rooms: readonly (readonly [file: string, title: string])[] = [
  ['net', 'Nets'],
  ['data', 'Data'],
  ['learn', 'Training'],
  ['surgery', 'Pruning and growing'],
  ['run', 'Runs and schedules'],
  ['study', 'Studies, their cells and queues'],
  ['tracking', 'TensorBoard and MLflow'],
  ['engine', 'Engines'],
  ['convert', 'Exports and imports'],
]

/** Source up to the blank line behind a declaration. */
const declarationOf = (text: string, name: string): string =>
  text.match(new RegExp(`^(?:export )?const ${name}\\b[\\s\\S]*?(?=\\n\\n|$(?![\\s\\S]))`, 'm'))?.[0] ?? ''

/** Entries of the tables that have a message by tag. */
const entriesOf = (text: string): readonly (readonly [tag: string, body: string])[] =>
  [...text.matchAll(/^(?:export )?const \w+ = \{\n([\s\S]*?)\n\} satisfies Partial<Messages>/gm)].flatMap(
    ([, table = '']) =>
      table
        .split(/^ {2}(?=[A-Z]\w+: )/m)
        .filter(entry => entry !== '')
        .map(entry => [entry.slice(0, entry.indexOf(':')), entry.slice(entry.indexOf(':') + 2)] as const),
  )

/** A template without its expressions, which may hold templates. */
const withoutExpressions = (template: string): string => {
  let [out, depth] = ['', 0]
  for (let at = 0; at < template.length; at++) {
    const opens = template[at] === '{' && (depth > 0 || template[at - 1] === '$')
    if (opens) {
      if (depth === 0) out = `${out.slice(0, -1)}…`
      depth++
    } else if (template[at] === '}' && depth > 0) depth--
    else if (depth === 0) out += template[at]
  }
  return out
}

/** Templates and texts of a message that are sentences of their own. */
const sentencesIn = (body: string): readonly string[] => {
  const outer: string[] = []
  for (let at = 0; at < body.length; at++) {
    const quote = body[at] ?? ''
    if (quote !== '`' && quote !== "'" && quote !== '"') continue
    let [end, depth] = [at + 1, 0]
    for (; end < body.length && (depth > 0 || body[end] !== quote); end++) {
      if (quote === '`' && body[end] === '{' && (body[end - 1] === '$' || depth > 0)) depth++
      if (body[end] === '}' && depth > 0) depth--
    }
    if (body[end + 1] !== ':') outer.push(withoutExpressions(body.slice(at + 1, end))) // no key of a table
    at = end
  }
  return outer.filter(text => /\w \w|….*…|… \w/.test(text))
}

const escapeCell = (text: string): string =>
  text.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/\*/g, '\\*')

/** The sentences of an entry, those of the function it names among them. */
const textsOf = (text: string, body: string): readonly string[] => {
  const own = sentencesIn(body)
  if (own.some(each => /\btry\b|expected/.test(each))) return own
  const named = [...body.matchAll(/\b([a-z]\w+)\b/g)].flatMap(([, name = '']) =>
    sentencesIn(declarationOf(text, name)),
  )
  return [...own, ...named]
}

/** The advice: all from `try` on, or what stands behind the last semicolon. */
const split = (sentence: string): readonly [says: string, advice: string] => {
  const at = sentence.search(/[;:,]? ?\btry\b/)
  if (at >= 0) return [sentence.slice(0, at), sentence.slice(at).replace(/^[;:,]? ?/, '')]
  const last = sentence.lastIndexOf('; ')
  return last < 0 ? [sentence, ''] : [sentence.slice(0, last), sentence.slice(last + 2)]
}

/** The same advice may be that of several facts: it stands once, with the first. */
const rowsOf = (sentences: readonly (readonly [tag: string, sentence: string])[]): readonly string[] => {
  const seen = new Set<string>()
  return sentences.flatMap(([tag, sentence]) => {
    if (!sentence.includes('…') && seen.has(sentence)) return []
    seen.add(sentence)
    const [says, advice] = split(sentence)
    return [`| \`${tag}\` | ${escapeCell(says)} | ${escapeCell(advice)} |`]
  })
}

const roomText = ([file, title]: readonly [string, string]): string => {
  const text = readFileSync(join(folder, `${file}.ts`), 'utf8')
  const sentences = entriesOf(text).flatMap(([tag, body]) =>
    textsOf(text, body).map(each => [tag, each] as const),
  )
  return `## ${title}\n\n| fact | says | and to try |\n| --- | --- | --- |\n${rowsOf(sentences).join('\n')}`
}

const head = `# All messages

Every line that a failed command or a notice may print, as it stands in the source; an ellipsis stands for what differs:
a file, a layer's path, a number. The first column is the \`_tag\` by which code knows the fact. What lies behind the more
frequent ones is in [troubleshooting](troubleshooting.md).

<!-- Written by \`npm run words\` from src/report/text/messages. -->`

/** Files of messages that the page has no part for. */
export const unknownRooms = (): readonly string[] =>
  readdirSync(folder).filter(name => !rooms.some(([file]) => name === `${file}.ts`))

export const messagesPage = (): string => `${[head, ...rooms.map(roomText)].join('\n\n')}\n`
