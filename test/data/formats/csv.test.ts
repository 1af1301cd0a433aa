/** Images by a table of paths and classes: read as class folders are, and tables that are wrong. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Dataset } from '../../../src/data/dataset.js'
import { readTable } from '../../../src/data/formats/images/table.js'
import { openData } from '../../../src/data/open.js'
import { type ImageCsvOptions, imageCsv, imageFolder } from '../../../src/data/spec.js'
import { image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { failure, ownCache, scratch, succeed } from '../../support/scratch.js'

ownCache()

type Files = Record<string, Buffer | string>

const names = ['ant', 'bee'] as const
const pictures: Files = {}
beforeAll(async () => {
  for (const [label, name] of names.entries())
    for (let nth = 0; nth < 10; nth++)
      pictures[`${name}/${nth}.png`] = await sharp({
        create: { width: 5, height: 4, channels: 3, background: { r: 20 * nth, g: 200 * label, b: 9 } },
      })
        .png()
        .toBuffer()
})

const rows = (line: (path: string, label: string, nth: number) => string): string =>
  Object.keys(pictures)
    .map((path, nth) => line(path, path.slice(0, 3), nth))
    .join('\n')

const open = (folder: string, options: ImageCsvOptions = {}, skipBad = false) =>
  openData({ folder, seed: 0, skipBad })(imageCsv(image(4, 4, 3), options))

const content = async ({ classes, train, validation, test }: Dataset) => {
  const bytes = await Promise.all(
    [train, validation, test].map(async images => {
      const all = new Uint8Array(images.size * 48)
      await images.read(Int32Array.from(images.labels.keys()), all)
      return all.join()
    }),
  )
  return { classes, bytes, labels: [train.labels, validation.labels, test.labels] }
}

const line = async (csv: string, options?: ImageCsvOptions): Promise<string> => {
  const folder = scratch({ ...pictures, 'all.csv': csv })
  return renderMessage(await failure(open(folder, options))).replaceAll(folder, '…')
}

describe('imageCsv', () => {
  test('reads the images of a table as those of class folders, by any usual header or none', async () => {
    const expected = await content(
      await succeed(openData({ folder: scratch(pictures), seed: 0 })(imageFolder(image(4, 4, 3)))),
    )
    const tables: readonly (readonly [string, ImageCsvOptions?])[] = [
      [`path,label\n${rows((path, label) => `${path},${label}`)}\n`],
      [rows((path, label) => `${path},${label}`)],
      [rows((path, label) => `${label},${path}`)],
      [rows((path, label) => `sub/../${path},${label}`)],
      [`path;label\n${rows((path, label) => `${path};${label}`)}\n`],
      [`label\tpath\n${rows((path, label) => `${label}\t${path}`)}\n`],
      [`path,label\n${rows((path, label) => `${path.replace('/', '\\')},${label}`)}\n`],
      [
        `\ufeffFilename,Id,Class\r\n${rows((path, label, nth) => `"${path}" , ${nth},${label}`).replaceAll('\n', '\r\n')}`,
      ],
      [
        `a,photo,species\n${rows((path, label) => `"x, ""y""\nz",./${path},${label}`)}`,
        { columns: { path: 'photo', label: 'species' } },
      ],
    ]
    for (const [csv, options] of tables) {
      const folder = scratch({ ...pictures, 'all.csv': csv })
      for (const at of [folder, join(folder, 'all.csv')])
        expect(await content(await succeed(open(at, options)))).toEqual(expected)
    }
  })

  test('takes parts from a column, or from a file each; paths may be absolute or above', async () => {
    const parts = ['train', 'train', 'val', 'test', 'training']
    const folder = scratch({
      ...pictures,
      'all.csv': `file,class,split\n${rows((path, label, nth) => `${path},${label},${parts[nth % 5]}`)}`,
    })
    const data = await succeed(open(folder))
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([12, 4, 4])
    expect(data.notices.map(renderMessage)).toEqual([
      'images: val is the validation set, 4 images; none are split off training',
    ])
    const tables = join(folder, 'tables')
    mkdirSync(tables)
    writeFileSync(join(tables, 'train.csv'), `path,label\n${rows((path, label) => `../${path},${label}`)}`)
    writeFileSync(join(tables, 'test.csv'), `path,label\n${join(folder, 'bee/3.png')},bee\n`)
    const two = await succeed(open(tables))
    expect([two.train.size + two.validation.size, two.test.size, two.test.labels[0]]).toEqual([20, 1, 1])
  })

  test('names the row of what cannot be read, and leaves it out where it is told to', async () => {
    const whole = `path,label,split\n${rows((path, label, nth) => `${path},${label},${nth % 4 === 0 ? 'test' : 'train'}`)}\n`
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        `${whole}nope.png,ant,train\n`,
        /…\/nope\.png \(row 22\): expected a file that can be read, got an error \(ENOENT/,
      ],
      [`${whole},ant,train\n`, /…\/all\.csv, row 22, path: expected the path of an image/],
      [`${whole}ant/1.png,,train\n`, /row 22, label: expected the name of a class/],
      [`${whole}ant/1.png,ant,later\n`, /row 22, part: expected train, val or test/],
    ]
    for (const [csv, message] of cases) {
      expect(await line(csv)).toMatch(message)
      const folder = scratch({ ...pictures, 'all.csv': csv })
      const data = await succeed(open(folder, {}, true))
      expect(data.train.size + data.validation.size + data.test.size).toBe(20)
      expect(data.skipped.map(fact => renderMessage(fact).replaceAll(folder, '…')).join()).toMatch(message)
    }
  })

  test('refuses a table without the columns, one that is no CSV, and a folder without one', async () => {
    expect(await line(`photo,species\n${rows((path, label) => `${path},${label}`)}`)).toMatch(
      /header: expected a column path or file or filename, or columns: { path: … } in the data, got photo, species/,
    )
    expect(await line(`path,kind\nant/1.png,ant`)).toMatch(/expected a column label or class or class_name/)
    expect(await line(`path,label\nant/1.png,ant`, { columns: { part: 'fold' } })).toMatch(
      /expected a column fold/,
    )
    expect(await line('path,label\n"ant/1.png,ant\n')).toMatch(/all\.csv, byte 0: .*quote/i)
    expect(await line('')).toMatch(/row 1, header: expected a column path.*, got nothing/)
    expect(await line('path,label\n')).toMatch(
      /all\.csv, row 2, path: expected the path of an image, got nothing/,
    )
    const latin = scratch({ ...pictures, 'all.csv': Buffer.from('path,label\nant/1.png,f\xfcnf', 'latin1') })
    expect(renderMessage(await failure(open(latin)))).toMatch(
      /row 1, text: expected UTF-8, .*, got another encoding/,
    )
    const none = renderMessage(await failure(open(scratch(pictures))))
    expect(none).toMatch(/expected one CSV file of paths and labels, or train\.csv and test\.csv, got/)
    const two = scratch({ 'a.csv': '', 'b.csv': '' })
    expect(renderMessage(await failure(open(two)))).toMatch(/got a\.csv, b\.csv/)
  })
})

test('a table gives back what was written, whatever is in it', async () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter(each => each.trim() === each)
  const record = fc.record({ path: text, label: text })
  const quote = (field: string) => `"${field.replaceAll('"', '""')}"`
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 8 }), async records => {
      const csv = ['path,label', ...records.map(({ path, label }) => `${quote(path)},${quote(label)}`)].join(
        '\n',
      )
      const file = join(scratch({ 'a.csv': csv }), 'a.csv')
      const { rows: found, refused } = await readTable(file, { path: null, label: null, part: null })
      expect(refused).toEqual([])
      expect(found.map(({ path, label }) => ({ path, label }))).toEqual(
        records.map(({ path, label }) => ({ path, label: label.normalize('NFC') })),
      )
    }),
    { numRuns: 50 },
  )
})
