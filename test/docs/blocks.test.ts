/**
 * The TypeScript of README, CONTRIBUTING and docs: each block is compiled, and run as a program. One that is marked
 * `ts check` is compiled only: it wants a file of the reader's, or takes minutes.
 */
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { espalier } from '../support/programs/command.js'
import { scratch } from '../support/scratch.js'
import { type Block, blocksOf, pages } from './pages.js'
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
} from './snippets.js'

let folder = ''

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

const isExperiment = ({ code }: Block): boolean => code.includes('\nexport default experiment(')
const isStudy = ({ code }: Block): boolean => code.includes('\nexport default study(')
const isRun = ({ mark }: Block): boolean => mark !== 'check'

const fileOf = (block: Block): string => join(folder, `${nameOf(block)}.ts`)

/** Loads each experiment and study, which checks them as a command does before anything trains. */
const loading = (): Snippet => {
  const load = (word: string, which: (block: Block) => boolean) =>
    programs.filter(block => isRun(block) && which(block)).map(block => `${word}('${fileOf(block)}')`)
  return snippetOf(
    'loading',
    [...load('loadExperiment', isExperiment), ...load('loadStudy', isStudy)].join('\n'),
  )
}

/** Those on few images take seconds. */
const isSmall = ({ code }: Block): boolean => /glyphs\(\{ train: \d{1,3},/.test(code)

const snippets = [
  ...programs.map(block => snippetOf(nameOf(block), block.code)),
  snippetOf('words', words.map(({ code }) => code).join('')),
]

const toRun = ['words', ...programs.filter(isRun).map(nameOf)]

beforeAll(async () => {
  folder = scratch()
  await writeSnippets(folder, [...snippets, loading()])
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
  const all = [...toRun, 'loading']
  expect(await runSnippets(folder, all)).toEqual(Object.fromEntries(all.map(name => [name, 'ran'])))
})

test('an experiment on few images is trained', async () => {
  const small = programs.filter(block => isRun(block) && isExperiment(block) && isSmall(block))
  expect(small.length).toBeGreaterThan(0)
  for (const block of small) {
    const out = join(scratch(), 'run')
    const { code, err } = await espalier(['train', fileOf(block), '--engine', 'wasm', '--out', out])
    expect([nameOf(block), code], err).toEqual([nameOf(block), 0])
  }
})
