/** The pages that are written from the source: of the language, with its pictures, of the commands and of all messages. */
import type { Layer, Net } from '../../src/index.js'
import * as surface from '../../src/index.js'
import { outputShape } from '../../src/net/infer.js'
import type { Shape } from '../../src/net/shape.js'
import { shapeText } from '../../src/report/tables/describe.js'
import { catalogue, type Entry, type Section } from './catalogue.js'
import { commandsPage } from './commands.js'
import { docstringOf } from './docstring.js'
import { drawEntry } from './draw.js'
import { evaluate, hasTag, place, placeNet } from './evaluate.js'
import { messagesPage } from './messages.js'
import { loadProgram } from './program.js'

/** Files by their name in `docs`. */
export type Files = Readonly<Record<string, string>>

interface Shown {
  readonly entry: Entry
  readonly value: unknown
  readonly picture: string | null
}

const show = (entry: Entry): Shown => {
  const value = evaluate(entry.code)
  return { entry, value, picture: drawEntry(entry, value) }
}

const outputOf = ({ entry: { input = [] }, value }: Shown): Shape => {
  if (hasTag(value, 'net')) return outputShape(placeNet(value as Net)) // by its tag
  const { net, path } = place(value as Layer, input) // what is shown on an input is a layer
  return net.layers.get(path)?.output ?? []
}

/** The example, and of a layer the shapes that are inferred for it. */
const codeOf = (shown: Shown): string => {
  const { code, input } = shown.entry
  return input === undefined ? code : `${code}   // ${shapeText(input)} → ${shapeText(outputOf(shown))}`
}

const pictureFile = ({ word }: Entry): string => `pictures/words/${word}.svg`

const entryText = (shown: Shown): string => {
  const { entry, picture } = shown
  const { text, parts } = docstringOf(entry.word)
  return [
    `### ${entry.word}`,
    text,
    ...parts.map(([label, part]) => `**${label}** ${part}`),
    ...(picture === null ? [] : [`![${entry.word}](${pictureFile(entry)})`]),
    `\`\`\`ts\n${codeOf(shown)}\n\`\`\``,
  ].join('\n\n')
}

const sectionText = ({ title, text, entries }: Section): string =>
  [`## ${title}`, text, ...entries.map(show).map(entryText)].join('\n\n')

const head = `# The language

Every word of a DSL file, with the shapes of its input and output, a picture, and an example that a test runs. A *word*
is a function such as \`conv(16, 3)\`, or a constant such as \`flatten\`; it makes a frozen record and computes nothing.
Shapes are without the batch: \`[h, w, c]\` of a *map*, which has height, width and channels, \`[n]\` of a *vector*;
\`h/stride\` is rounded up with \`'same'\` padding. Options that no example shows are in the reference, a page for each
function. [Start here](start.md) explains a first file line by line.

<!-- Written by \`npm run words\` from the docstrings and docs/words/catalogue.ts. -->`

/** Exported words that the catalogue does not show. */
export const missingWords = (): readonly string[] => {
  const shown = new Set(catalogue.flatMap(({ entries }) => entries.map(({ word }) => word)))
  return Object.keys(surface).filter(word => !shown.has(word))
}

const pictures = (): Files =>
  Object.fromEntries(
    catalogue
      .flatMap(({ entries }) => entries.map(show))
      .flatMap(({ entry, picture }) => (picture === null ? [] : [[pictureFile(entry), picture]])),
  )

/** Everything that `npm run words` writes. */
export const writtenFiles = async (): Promise<Files> => ({
  'language.md': `${[head, ...catalogue.map(sectionText)].join('\n\n')}\n`,
  'commands.md': commandsPage(await loadProgram()),
  'messages.md': messagesPage(),
  ...pictures(),
})
