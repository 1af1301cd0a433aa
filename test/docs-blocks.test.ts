/**
 * The TypeScript of README, CONTRIBUTING and docs: each block is compiled, and run as a program. One that is marked
 * `ts check` is compiled only: it wants a file of the reader's, or takes minutes.
 */
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type Block, blocksOf, pages } from './docs/pages.js'
import {
  compileSnippets,
  preamble,
  rooms,
  root,
  runSnippets,
  type Snippet,
  source,
  statementsIn,
  writeSnippets,
} from './docs/snippets.js'
import { scratch } from './scratch.js'

const marks: readonly string[] = ['', 'check']

const written = 'docs/language.md'

const blocks = pages.flatMap(blocksOf).filter(({ language }) => language === 'ts')

const nameOf = ({ page, line }: Block): string => `${page.replace(/\W/g, '-')}-${line}`

const snippetOf = (name: string, code: string): Snippet => ({
  name,
  statements: statementsIn(code),
  origins: [preamble, join(root, 'docs/words/scope.ts'), join(source, 'index.ts'), ...rooms],
  elsewhere: [],
})

/** The examples of the page of words are of a line each, and one module. */
const words = blocks.filter(({ page }) => page === written)
const programs = blocks.filter(({ page }) => page !== written)

const snippets = [
  ...programs.map(block => snippetOf(nameOf(block), block.code)),
  snippetOf('words', words.map(({ code }) => code).join('')),
]

const toRun = ['words', ...programs.filter(({ mark }) => mark !== 'check').map(nameOf)]

let folder = ''

beforeAll(async () => {
  folder = scratch()
  await writeSnippets(folder, snippets)
})

test('there are blocks, and their marks are known', () => {
  expect(programs.length).toBeGreaterThan(10)
  expect(words.length).toBeGreaterThan(50)
  expect(blocks.filter(({ mark }) => !marks.includes(mark)).map(nameOf)).toEqual([])
})

test('no block of another name is TypeScript', () => {
  const others = pages.flatMap(blocksOf).filter(({ language }) => /^(typescript|tsx|mts)$/.test(language))
  expect(others.map(nameOf)).toEqual([])
})

test('every block compiles', async () => {
  expect(await compileSnippets(folder)).toBe('')
})

test('every program runs to its end', async () => {
  expect(await runSnippets(folder, toRun)).toEqual(Object.fromEntries(toRun.map(name => [name, 'ran'])))
})
