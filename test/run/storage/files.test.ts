/** Files written whole or not at all, names that stay where they belong, and processes told apart. */
import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeFolder, makeFreeFolder, removeParts, writeAtomically } from '../../../src/io/files.js'
import { isGone, ownerIn, ownerText, processOf, thisProcess } from '../../../src/io/process-owner.js'
import { encodeFileName } from '../../../src/io/text/file-name.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

test('a file written anew is another file: who holds the old one keeps all of it', async () => {
  const folder = scratch({ file: 'old' })
  const [file, link] = [join(folder, 'file'), join(folder, 'link')]
  linkSync(file, link)
  const before = statSync(file).ino
  await succeed(writeAtomically(file, 'new and longer'))
  expect(readFileSync(file, 'utf8')).toBe('new and longer')
  expect(readFileSync(link, 'utf8')).toBe('old')
  expect(statSync(file).ino).not.toBe(before)
})

test('a file that cannot be written leaves nothing half-written beside it', async () => {
  const folder = scratch()
  mkdirSync(join(folder, 'file'))
  expect(await failure(writeAtomically(join(folder, 'file'), 'new'))).toMatchObject({ _tag: 'FileFailed' })
  expect(readdirSync(folder)).toEqual(['file'])
})

test('a folder that the system will not hold is refused, and those above one are made', async () => {
  const folder = scratch({ file: 'in the way' })
  await succeed(makeFolder(join(folder, 'a', 'b', 'c')))
  await succeed(makeFolder(join(folder, 'a', 'b', 'c')))
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['c'])
  expect(await failure(makeFolder(join(folder, 'file', 'a')))).toMatchObject({ _tag: 'FileFailed' })
  expect(await failure(makeFolder(join(folder, 'file')))).toMatchObject({ _tag: 'FileFailed' })
})

test.runIf(process.platform === 'linux')('a folder in /proc, where making one never ends in Node', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      '--import',
      'tsx',
      '--eval',
      `
      import { makeFolder } from './src/io/files.ts'
      console.log(JSON.stringify(await makeFolder('/proc/espalier/run')()))`,
      '--input-type=module',
    ],
    { encoding: 'utf8', timeout: 10_000, killSignal: 'SIGKILL' },
  )
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    _tag: 'Left',
    left: { _tag: 'FileFailed', file: '/proc/espalier/run', reason: 'no folder can be made in /proc' },
  })
})

test('half-written files go with who wrote them, and no others', async () => {
  const { pid: ended } = spawnSync(process.execPath, ['--version'])
  const folder = scratch()
  const partOf = (pid: number) => `a.safetensors.${ownerText({ ...processOf(process.pid), pid })}.part`
  for (const name of [partOf(ended), partOf(process.pid), 'mine.part', 'a.safetensors'])
    writeFileSync(join(folder, name), '')
  await succeed(removeParts(folder, isGone))
  expect(readdirSync(folder).toSorted()).toEqual(
    [partOf(process.pid), 'mine.part', 'a.safetensors'].toSorted(),
  )
  await succeed(removeParts(join(folder, 'none'), isGone))
})

test('a folder of a name is a new one each time', async () => {
  const base = join(scratch(), 'runs', 'net-2026')
  const made = await Promise.all([1, 2, 3].map(() => succeed(makeFreeFolder(base))))
  expect(made.toSorted()).toEqual([base, `${base}-2`, `${base}-3`])
})

const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', ' ', '_', '.', '/', '+', '%', '~', '2'), maxLength: 120 }),
)

test('a name is that of one file in its folder, and of no other name’s', () => {
  fc.assert(
    fc.property(anyName, anyName, (one, other) => {
      const [name, second] = [encodeFileName(one), encodeFileName(other)]
      expect(name).toMatch(/^[A-Za-z0-9_%+~-][A-Za-z0-9._%+~-]*$/)
      expect([basename(join('/some', name)), name.length < 200]).toEqual([name, true])
      expect(name === second).toBe(one === other)
    }),
  )
  expect(['../../x', 'a b', 'a_b', '..', '', 'resnet-20'].map(encodeFileName)).toEqual([
    '%2E.%2F..%2Fx',
    'a+b',
    'a_b',
    '%2E.',
    '%',
    'resnet-20',
  ])
})

test('a process is gone once it has ended, also where another has its number by now', () => {
  const self = thisProcess()
  const { pid } = spawnSync(process.execPath, ['--version'])
  expect([self, processOf(process.ppid)].map(isGone)).toEqual([false, false])
  expect(isGone({ ...self, pid })).toBe(true)
  expect(isGone({ ...self, started: '1' })).toBe(self.started !== '')
  expect(isGone({ ...self, pid, host: 'elsewhere' })).toBe(false)
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.domain(), (pid, started, host) => {
      const owner = { pid, started: `${started}`, host }
      expect(ownerIn(ownerText(owner))).toEqual(owner)
    }),
  )
  expect(['', '12', '12.x.box', '12.3.a/b'].map(ownerIn)).toEqual([null, null, null, null])
})
