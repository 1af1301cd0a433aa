/** Images in zip archives: read as those in folders are, and archives that are wrong or hostile. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Dataset, Images } from '../../../src/data/dataset.js'
import { openData } from '../../../src/data/open.js'
import type { OpenOptions } from '../../../src/data/source.js'
import { imageFolder } from '../../../src/data/spec.js'
import { sizeOf } from '../../../src/net/shape.js'
import { image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { failure, ownCache, scratch, succeed } from '../../support/scratch.js'
import { type ZipLies, zipOf } from '../../support/zip.js'

ownCache()

type Files = Record<string, Buffer>

const files: Files = {}
beforeAll(async () => {
  for (const [label, name] of ['bee', 'Füße'].entries())
    for (let nth = 0; nth < 10; nth++)
      files[`${name}/${nth}.png`] = await sharp({
        create: { width: 9, height: 7, channels: 3, background: { r: 20 * nth, g: 100 * label, b: 7 } },
      })
        .png()
        .toBuffer()
})

const open = (folder: string, more: Partial<OpenOptions> = {}) =>
  openData({ folder, seed: 0, ...more })(imageFolder(image(4, 4, 3)))

const bytesOf = async ({ stored }: Dataset, images: Images): Promise<string> => {
  const all = new Uint8Array(images.size * sizeOf(stored))
  await images.read(Int32Array.from(images.labels.keys()), all)
  return all.join()
}

/** Each image of all parts. */
const imagesOf = async (data: Dataset): Promise<readonly string[]> => {
  const parts = await Promise.all([data.train, data.validation, data.test].map(part => bytesOf(data, part)))
  return parts.flatMap(part => part.match(/(?:\d+,){47}\d+/g) ?? [])
}

const content = async (data: Dataset) => ({
  classes: data.classes,
  images: await Promise.all([data.train, data.validation, data.test].map(part => bytesOf(data, part))),
  labels: [data.train.labels, data.validation.labels, data.test.labels],
})

const within = (folder: string): Files =>
  Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`${folder}/${path}`, bytes]))

describe('images in a zip archive', () => {
  test('are read as those of a folder, held or streamed, however wrapped', async () => {
    const whole = await content(await succeed(open(scratch(files))))
    const folder = scratch({ 'a.zip': zipOf(files), 'b.zip': zipOf(within('set/photos')) })
    for (const name of ['a.zip', 'b.zip'])
      for (const memory of [2 ** 20, 100]) {
        const data = await succeed(open(join(folder, name), { memory }))
        expect(await content(data)).toEqual(whole)
        await data.close()
      }
    const parts = scratch({ 'train.zip': zipOf(files), 'test.zip': zipOf(within('test')) })
    const split = await succeed(open(parts))
    expect([split.train.size + split.validation.size, split.test.size]).toEqual([20, 20])
  })

  test('are read from what another program packed', async () => {
    const folder = scratch(files)
    const script = `import sys, zipfile, os
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as z:
  for top, _, names in os.walk(sys.argv[1]):
    for name in names: z.write(os.path.join(top, name), os.path.relpath(os.path.join(top, name), sys.argv[1]))`
    const archive = join(scratch(), 'python.zip')
    try {
      execFileSync('python3', ['-c', script, folder, archive])
    } catch {
      console.warn('skipped: python3 is not there')
      return
    }
    expect(await content(await succeed(open(archive)))).toEqual(await content(await succeed(open(folder))))
  })

  test('links, system files and others are left out and counted', async () => {
    const more = {
      ...files,
      'bee/link.png': 'x',
      '__MACOSX/bee/._0.png': 'x',
      'bee/.DS_Store': 'x',
      'notes.txt': 'x',
    }
    const folder = scratch({ 'a.zip': zipOf(more, { 'bee/link.png': { mode: 0o120777 } }) })
    const data = await succeed(open(join(folder, 'a.zip')))
    expect(data.train.size + data.validation.size + data.test.size).toBe(20)
    expect(data.notices.flatMap(fact => (fact._tag === 'LeftOut' ? [fact.reason] : [])).sort()).toEqual([
      'hidden',
      'link in an archive',
      'other ending',
    ])
  })
})

describe('an archive that is wrong', () => {
  const lying = (lie: ZipLies) => scratch({ 'a.zip': zipOf(files, { 'bee/3.png': lie }) })
  const line = async (file: string): Promise<string> => renderMessage(await failure(open(file)))

  test.each([
    ['is encrypted', { flags: 1 }, /bee\/3\.png, byte \d+, content: expected a file without a password/],
    ['is packed otherwise', { method: 14 }, /compression: expected stored or deflated content/],
    ['has another sum', { crc32: 7 }, /content: expected what the directory says/],
    ['is too large', { size: 2 ** 27 }, /size: expected 0 to 67108864 bytes/],
    ['unpacks to more than it says', { size: 20 }, /content: expected what the directory says/],
  ] as const)(
    'in an entry that %s is refused in one line, or its image left out',
    async (_, lie, message) => {
      const file = join(lying(lie), 'a.zip')
      expect(await line(file)).toMatch(message)
      const data = await succeed(open(file, { skipBad: true }))
      expect(data.train.size + data.validation.size + data.test.size).toBe(19)
      expect(data.skipped.map(renderMessage).join()).toMatch(message)
    },
  )

  test('in a path that leaves it, or in its directory, is refused', async () => {
    const whole = zipOf(files)
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [zipOf({ ...files, '../../x.png': 'x' }), /invalid relative path: \.\.\/\.\.\/x\.png/],
      [zipOf({ ...files, '/etc/x.png': 'x' }), /absolute path: \/etc\/x\.png/],
      [whole.subarray(0, whole.length - 30), /a\.zip, byte 0: .*end of central directory/i],
      [Buffer.concat([whole.subarray(0, 40), whole.subarray(90)]), /a\.zip/],
    ]
    for (const [bytes, message] of cases) {
      const file = join(scratch({ 'a.zip': bytes }), 'a.zip')
      expect(await line(file)).toMatch(message)
    }
    const empty = join(scratch(), 'none.zip')
    writeFileSync(empty, zipOf({}))
    expect(await line(empty)).toMatch(/expected a folder for each class/)
  })

  test('in any byte is read or refused, and never crashes', async () => {
    const whole = zipOf(files)
    const known = new Set(await imagesOf(await succeed(open(scratch(files)))))
    for (let nth = 0; nth < 40; nth++) {
      const bytes = Buffer.from(whole)
      const at = Math.floor((nth * whole.length) / 40)
      bytes[at] = (bytes[at] ?? 0) ^ 0xff
      const outcome = await open(join(scratch({ 'a.zip': bytes }), 'a.zip'))()
      if (outcome._tag === 'Left') expect(renderMessage(outcome.left)).toContain('a.zip')
      else for (const each of await imagesOf(outcome.right)) expect(known).toContain(each)
    }
  })
})
