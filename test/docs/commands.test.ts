/** The commands that README, CONTRIBUTING and docs name: each exists, and takes the options it is named with. */
import type { Command } from 'commander'
import { beforeAll, expect, test } from 'vitest'
import { loadProgram } from '../../docs/words/program.js'
import { tryLine } from './command-line.js'
import { blocksOf, pages, spansOf, textOf } from './pages.js'

let program: Command

beforeAll(async () => {
  program = await loadProgram()
})

/** Lines that a shell would join are one. */
const linesOf = (code: string): readonly string[] =>
  code
    .replace(/\\\n\s*/g, '')
    .split(/\n|&&/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))

const inBlocks = (page: string): readonly string[] =>
  blocksOf(page).flatMap(({ language, code }) => (language === 'sh' ? linesOf(code) : []))

/** Whole commands in the text; a command that is only named, or ends in an ellipsis, is none. */
const inText = (page: string): readonly string[] =>
  spansOf(page).filter(
    span => /^(npm run|npx espalier|espalier) \S/.test(span) && !/…|\.\.\.|\[|NAME$/.test(span),
  )

/** A command that is named alone, as in `npm run export`. */
const isNamed = (line: string): boolean => /^npm run [\w-]+$|^(npx )?espalier \w+$/.test(line)

const complaint = async (line: string): Promise<string | null> => {
  try {
    await tryLine(program, line)
    return null
  } catch (fault) {
    const text = fault instanceof Error ? fault.message : `${fault}`
    return isNamed(line) && /missing required argument|required option|expected a file/.test(text)
      ? null
      : `${line}: ${text}`
  }
}

test.each(pages)('%s names commands that are there', async page => {
  const complaints: (string | null)[] = []
  for (const line of [...inBlocks(page), ...inText(page)]) complaints.push(await complaint(line))
  expect(complaints.filter(each => each !== null)).toEqual([])
})

test('there are lines that the command line is asked about', async () => {
  const asked: string[] = []
  for (const line of pages.flatMap(inBlocks)) if (await tryLine(program, line)) asked.push(line)
  expect(asked.length).toBeGreaterThan(20)
})

test('a command or an option that is not there is found', async () => {
  for (const line of [
    'npm run describe -- --grups F',
    'npx espalier descrbe F',
    'npm run descrbe',
    'npm run describe F',
    'espalier export M --to tiff',
  ])
    expect(await complaint(line), line).not.toBeNull()
})

test('blocks of shell are called sh', () => {
  const unnamed = pages
    .flatMap(blocksOf)
    .filter(({ language, code }) => language !== 'sh' && /^(npm|npx|espalier) /m.test(code))
  expect(unnamed.map(({ page, line }) => `${page}:${line}`)).toEqual([])
})

test('docs/commands.md has every command, with every option it lists in its help', () => {
  const text = textOf('docs/commands.md')
  for (const command of program.commands) {
    const [, section = ''] =
      text.match(new RegExp(`^## ${command.name()}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm')) ?? []
    expect(section, command.name()).not.toBe('')
    for (const { long, hidden } of command.options)
      if (!hidden) expect(section, `${command.name()} ${long}`).toContain(`\`${long}`)
  }
})
