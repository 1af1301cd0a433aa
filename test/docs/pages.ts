/** The documents, and the blocks of code in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './snippets.js'

/** From the project's folder on. */
export const pages: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).flatMap(name => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

export interface Block {
  readonly page: string
  /** Of its first line of code. */
  readonly line: number
  /** What stands behind the fence: a language, and how a test is to take it. */
  readonly language: string
  readonly mark: string
  readonly code: string
}

/** Every block between fences. */
export const blocksOf = (page: string): readonly Block[] => {
  const text = textOf(page)
  return [...text.matchAll(/^```(\S*) ?(.*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: language = '', 2: mark = '', 3: code = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length + 1,
      language,
      mark,
      code,
    }),
  )
}

/** Code between backticks in a text or a table. */
export const spansOf = (page: string): readonly string[] => {
  const prose = textOf(page).replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'))
}
