/** What the source says of a word: its docstring, found by the name under which the public surface exports it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const source = join(import.meta.dirname, '../../src')

/** The module that the public surface takes each name from. */
const origins = (): ReadonlyMap<string, string> => {
  const surface = readFileSync(join(source, 'index.ts'), 'utf8')
  return new Map(
    [...surface.matchAll(/export \{([^}]*)\} from '\.\/([^']+)\.js'/g)].flatMap(
      ([, names = '', module = '']) => names.split(',').map(name => [name.trim(), `${module}.ts`] as const),
    ),
  )
}

/** A docstring in parts. */
export interface Docstring {
  /** What it says first. */
  readonly text: string
  /** Shapes, Law, Source and the like, by their label. */
  readonly parts: readonly (readonly [label: string, text: string])[]
}

const labels = /\s*\b(Shapes|Errors|Law|Source) {2,}/

const parse = (comment: string): Docstring => {
  const lines = comment
    .replace(/^\s*\*? ?/gm, '')
    .split('@example')[0]
    ?.trim()
  const [text = '', ...rest] = (lines ?? '').split(labels)
  return {
    text: text.trim(),
    parts: rest.flatMap((label, nth) =>
      nth % 2 === 0 ? [[label, (rest[nth + 1] ?? '').replace(/\.?\s*$/, '')] as const] : [],
    ),
  }
}

const modules = origins()

/** Of an exported word. */
export const docstringOf = (word: string): Docstring => {
  const module = modules.get(word)
  if (module === undefined) throw new Error(`src/index.ts does not export ${word}`)
  const before =
    readFileSync(join(source, module), 'utf8').split(new RegExp(`export const ${word}\\b`))[0] ?? ''
  const [, comment = ''] = before.match(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/) ?? []
  return parse(comment)
}
