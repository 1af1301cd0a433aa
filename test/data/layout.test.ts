import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import sharp from 'sharp'
import { pack } from 'tar-stream'
import { beforeAll, describe, expect, test } from 'vitest'
import { openData } from '../../src/data/open.js'
import { countsOf } from '../../src/data/pipeline/split.js'
import type { OpenOptions } from '../../src/data/source.js'
import { imageFolder } from '../../src/data/spec.js'
import { image } from '../../src/net/words/leaves.js'
import { type Fact, renderMessage } from '../../src/report/text/render-message.js'
import { espalier, root } from '../support/programs/command.js'
import { failure, ownCache, scratch, succeed, tarOf } from '../support/scratch.js'

ownCache()

let png = Buffer.alloc(0)
beforeAll(async () => {
  png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#456' } })
    .png()
    .toBuffer()
})

type Files = Record<string, Buffer | string>

/** Images at these paths. */
const at = (...paths: readonly string[]): Files => Object.fromEntries(paths.map(path => [path, png]))

const some = (folder: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, nth) => `${folder}/${nth}.png`)

/** Two classes of four images, and two to test each. */
const plain = (): Files =>
  at(...['cat', 'dog'].flatMap(name => [...some(`train/${name}`, 4), ...some(`test/${name}`, 2)]))

const open = (folder: string, more: Partial<OpenOptions> = {}) =>
  openData({ folder, seed: 0, ...more })(imageFolder(image(4, 4, 3), { validation: 0 }))

/** Notices of the images themselves: here all are alike. */
const ofImages = ['DuplicatesFound', 'ClassesUneven']

/** How many images of each class a set has, part by part, and what is told of it without its folder's name. */
const outline = async (folder: string, more: Partial<OpenOptions> = {}) => {
  const data = await succeed(open(folder, more))
  const count = (labels: Int32Array) =>
    Object.fromEntries(countsOf(labels, data.classes.length).map((n, nth) => [data.classes[nth], n]))
  const lines = (facts: readonly Fact[]) => facts.map(fact => renderMessage(fact).replaceAll(folder, '…'))
  await data.close()
  return {
    train: count(data.train.labels),
    validation: data.validation.size,
    test: count(data.test.labels),
    skipped: lines(data.skipped),
    leftOut: lines(data.notices.filter(({ _tag }) => _tag === 'LeftOut')),
    notices: lines(data.notices.filter(({ _tag }) => !['LeftOut', ...ofImages].includes(_tag))),
  }
}

const line = async (folder: string, more: Partial<OpenOptions> = {}): Promise<string> =>
  renderMessage(await failure(open(folder, more))).replaceAll(folder, '…')

/** Two classes of so many images, each of a colour of its own. */
const coloursOf = async (count: number): Promise<string> => {
  const files: Files = {}
  for (let nth = 0; nth < count; nth++)
    files[`${nth % 2 === 0 ? 'cat' : 'dog'}/${nth}.png`] = await sharp(Uint8Array.of(nth, 2 * nth, 99), {
      raw: { width: 1, height: 1, channels: 3 },
    })
      .png()
      .toBuffer()
  return scratch(files)
}

const four = { train: { cat: 4, dog: 4 }, test: { cat: 2, dog: 2 } }

describe('images of a class', () => {
  const someDepth = fc.array(fc.constantFrom('2019', 'a', 'test', 'x.png'), { maxLength: 3 })
  const someImages = fc
    .array(fc.record({ part: fc.constantFrom('train', 'test'), dog: fc.boolean(), inside: someDepth }), {
      maxLength: 12,
    })
    .map(images => [
      ...images,
      ...['train', 'test'].flatMap(part => [true, false].map(dog => ({ part, dog, inside: [] }))),
    ])

  test('are those of its folder however deep, on disk, in two archives and in one', async () => {
    await fc.assert(
      fc.asyncProperty(someImages, fc.constantFrom('', 'set/', './a/b/'), async (images, wrapper) => {
        const paths = images.map(
          ({ part, dog, inside }, nth) => `${[part, dog ? 'dog' : 'cat', ...inside, nth].join('/')}.png`,
        )
        const count = (part: string, name: string) =>
          paths.filter(path => path.startsWith(`${part}/${name}/`)).length
        const counts = (part: string) => ({ cat: count(part, 'cat'), dog: count(part, 'dog') })
        const wrapped = (part: string) =>
          tarOf(at(...paths.filter(path => path.startsWith(part)).map(path => wrapper + path)))
        const whole = scratch({ 'set.tar': await tarOf(at(...paths.map(path => wrapper + path))) })
        for (const folder of [
          scratch(at(...paths)),
          scratch({ 'train.tar': await wrapped('train'), 'test.tgz': gzipSync(await wrapped('test')) }),
          join(whole, 'set.tar'),
        ])
          expect(await outline(folder)).toMatchObject({
            train: counts('train'),
            test: counts('test'),
            leftOut: [],
          })
      }),
      { numRuns: 8 },
    )
  })

  test('are known by any ending an image has, in small letters or capitals', async () => {
    const picture = sharp(png)
    const more: Files = {
      'train/cat/a.gif': await picture.clone().gif().toBuffer(),
      'train/cat/b.JFIF': await picture.clone().jpeg().toBuffer(),
      'train/cat/c.jpe': await picture.clone().jpeg().toBuffer(),
      'train/cat/d.avif': await picture.clone().avif({ effort: 0 }).toBuffer(),
      'train/cat/e.tif': await picture.clone().tiff().toBuffer(),
      'train/cat/f.TIFF': await picture.clone().tiff().toBuffer(),
      'train/cat/g.bmp': png, // what is in a file counts, not its name
    }
    const archives = async () => ({
      'train.tar': await tarOf({
        ...at(...some('dog', 4), ...some('cat', 4)),
        ...renamed(more, 'train/', ''),
      }),
      'test.tar': await tarOf(at(...some('dog', 2), ...some('cat', 2))),
    })
    for (const files of [{ ...plain(), ...more }, await archives()])
      expect(await outline(scratch(files))).toMatchObject({ train: { cat: 11, dog: 4 }, leftOut: [] })
  })

  test('of a format that cannot be read are refused, or left out and listed', async () => {
    const folder = scratch({ ...plain(), 'train/cat/a.bmp': 'BM\u0001', 'train/dog/b.svg': '<svg/>' })
    expect(await line(folder)).toMatch(
      /train\/cat\/a\.bmp: expected an image, got a file that cannot be decoded \(it begins with 'BM·'/,
    )
    const { skipped, train } = await outline(folder, { skipBad: true })
    expect([train, skipped.length]).toEqual([{ cat: 4, dog: 4 }, 2])
  })

  test('are those of one class whichever Unicode form its name has', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301']
    const files = at(
      ...some(`train/${composed}`, 3),
      ...some('train/tea', 3),
      `train/${decomposed}/9.png`,
      ...some(`test/${decomposed}`, 2),
    )
    expect(await outline(scratch(files))).toMatchObject({
      train: { [composed]: 4, tea: 3 },
      test: { [composed]: 2, tea: 0 },
    })
  })

  test('whose names differ in capitals alone are told', async () => {
    const { notices } = await outline(scratch({ ...plain(), ...at('train/Cat/0.png') }))
    expect(notices).toEqual([
      'images: classes Cat, cat differ in capital letters alone; if they are one class, try one folder for both',
    ])
  })
})

const renamed = (files: Files, from: string, to: string): Files =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [path.replace(from, to), content]))

describe('what is no image', () => {
  test('is left out and counted, and refuses nothing', async () => {
    const folder = scratch({
      ...plain(),
      'train/.DS_Store': 'x',
      'train/cat/.DS_Store': 'x',
      'train/cat/Thumbs.db': 'x',
      'train/cat/._0.png': 'x',
      'train/cat/.ipynb_checkpoints/0.png': 'x',
      'train/__MACOSX/cat/._0.png': 'x',
      'train/labels.csv': 'a,b',
      'train/dog/notes.txt': 'x',
      'train/stray.png': 'x',
      '__MACOSX/train/._x': 'x',
      'README.md': 'x',
      'extra/cat/0.png': 'x',
      'sheet.png': 'x',
    })
    symlinkSync('/nowhere/a.png', join(folder, 'train/cat/link.png'))
    symlinkSync('/nowhere', join(folder, 'train/old'))
    symlinkSync('..', join(folder, 'train/dog/up'))
    for (const memory of [2 ** 20, 1])
      expect(await outline(folder, { memory })).toEqual({
        ...four,
        validation: 0,
        skipped: [],
        leftOut: [
          '…: 2 entries left out, neither train, val nor test: extra, …',
          '…/train: 3 entries left out, hidden: __MACOSX, …',
          '…/train: 3 entries left out, links that lead nowhere: cat/link.png, …',
          '…/train: 2 entries left out, with another extension: dog/notes.txt, …',
          '…/train: 1 entry left out, in no class folder: stray.png',
        ],
        notices: [],
      })
  })

  test('in an archive is left out too: links, devices, system files, anything large', async () => {
    const archive = pack()
    for (const path of [...some('train/cat', 4), ...some('train/dog', 4)]) archive.entry({ name: path }, png)
    archive.entry({ name: 'train/cat/again.png', type: 'link', linkname: 'train/cat/0.png' })
    archive.entry({ name: 'train/cat/other.png', type: 'symlink', linkname: '0.png' })
    archive.entry({ name: 'train/null', type: 'character-device' })
    for (const name of ['train/__MACOSX/cat/._0.png', 'train/cat/._0.png', 'train/labels.csv'])
      archive.entry({ name }, 'x')
    archive.entry({ name: 'train/.DS_Store' }, 'x')
    archive.entry({ name: 'train/all.json' }, Buffer.alloc(2 ** 26 + 1))
    archive.finalize()
    const folder = scratch({
      'train.tar': await buffer(archive),
      'test.tar': await tarOf(at(...some('cat', 2), ...some('dog', 2))),
    })
    expect(await outline(folder)).toMatchObject({
      ...four,
      leftOut: [
        '…/train.tar: 2 entries left out, links in an archive: train/cat/again.png, …',
        '…/train.tar: 1 entry left out, neither a file nor a folder: train/null',
        '…/train.tar: 2 entries left out, hidden: train/__MACOSX/cat/._0.png, …',
        '…/train.tar: 2 entries left out, with another extension: train/labels.csv, …',
      ],
    })
  })

  test('a folder named like an image is a folder', async () => {
    const folder = scratch({ ...plain(), ...at('train/cat/thumbs.png/0.png') })
    expect(await outline(folder)).toMatchObject({ train: { cat: 5, dog: 4 }, leftOut: [] })
  })

  test('a class whose every image is unreadable is refused even where they are skipped', async () => {
    const files = { ...plain(), 'train/fox/0.jpg': '<html>', 'train/fox/1.jpg': '', ...at('test/fox/0.png') }
    expect(await line(scratch(files), { skipBad: true })).toBe(
      '…: expected images in each class, got none that can be read in fox; try adding some, or removing the class',
    )
  })
})

describe('the parts of a set', () => {
  const three = (...names: readonly string[]): Files =>
    at(
      ...names.flatMap((name, nth) => ['cat', 'dog'].flatMap(c => some(`${name}/${c}`, [6, 3, 2][nth] ?? 0))),
    )

  test.each(['val', 'valid', 'validation', 'Val'])('%s beside test is the validation set', async name => {
    const folder = scratch(three('train', name, 'test'))
    for (const more of [{}, { memory: 1 }])
      expect(await outline(folder, more)).toMatchObject({
        train: { cat: 6, dog: 6 },
        validation: 6,
        test: { cat: 2, dog: 2 },
        notices: ['images: val is the validation set, 6 images; none are split off training'],
      })
  })

  test('three parts in one archive are read as on disk', async () => {
    const files = three('train', 'val', 'test')
    const folder = scratch({
      'all.tar': await tarOf({ ...renamed(files, '', 'set/'), 'set/more/0.png': png }),
    })
    expect(await outline(join(folder, 'all.tar'))).toMatchObject({
      train: { cat: 6, dog: 6 },
      validation: 6,
      test: { cat: 2, dog: 2 },
      leftOut: ['…: 1 entry left out, neither train, val nor test: set/more/0.png'],
    })
  })

  test('val without test is the test set, and that is told', async () => {
    for (const [name, files] of [
      ['val', three('train', 'val')],
      [
        'valid.tar',
        { ...three('train'), 'valid.tar': await tarOf(at(...some('cat', 3), ...some('dog', 3))) },
      ],
    ] as const) {
      const { notices, test, validation } = await outline(scratch(files))
      expect([test, validation]).toEqual([{ cat: 3, dog: 3 }, 0])
      expect(notices).toEqual([
        `images: ${name} is the test set, as there is no other; validation images are split off training`,
      ])
    }
  })

  test('are found as training and testing too, and once unpacked twice', async () => {
    const other = Object.fromEntries(
      Object.entries(plain()).map(([path, content]) => [
        path.replace(/^train/, 'Training').replace(/^test/, 'testing/testing'),
        content,
      ]),
    )
    expect(await outline(scratch(other))).toMatchObject(four)
  })

  test('a second form of a part is told', async () => {
    const folder = scratch({ ...plain(), 'train.tar': 'x' })
    expect((await outline(folder)).leftOut).toEqual([
      '…: 1 entry left out, neither train, val nor test: train.tar',
    ])
  })

  test('that are missing: what is needed, what is there and what to do', async () => {
    const needs =
      '…: expected a folder for each class, or train/ and test/ with a folder for each class (or train.zip and test.zip, or .tar.gz), got'
    const wider = 'try the folder above or below it'
    const cases: readonly [Files, string][] = [
      [at('test/a/0.png'), `${needs} test; ${wider}`],
      [{ 'a.zip': 'PK', 'x.txt': '' }, `${needs} a.zip, x.txt; try …/a.zip, to read this archive alone`],
      [{}, `${needs} an empty folder; ${wider}`],
      [
        Object.fromEntries(Array.from({ length: 9 }, (_, nth) => [`${nth}/a.txt`, 'x'])),
        `${needs} 0, 1, 2, 3, 4, 5 and 3 more; ${wider}`,
      ],
      [
        { ...at('train/0.png'), ...at('test/a/0.png') },
        `…/train: expected a folder for each class, with images in it, got 0.png; ${wider}`,
      ],
    ]
    for (const [files, text] of cases) expect(await line(scratch(files))).toBe(text)
    expect(await line('/nowhere/at/all')).toBe(`${needs} no such folder; try another path`)
    const archive = scratch({ 'all.tar': await tarOf(at('x/test/dog/0.png', 'x/test/frog/0.png')) })
    expect(await line(join(archive, 'all.tar'))).toBe(`${needs} test; ${wider}`)
  })

  test('without test, a share of each class is split off, the same for any seed of a run', async () => {
    const files = at(...some('cat', 10), ...some('dog', 20), 'stray.png')
    const folders = [
      scratch(files),
      scratch(renamed(files, '', 'photos/2024/')),
      scratch(renamed(files, '', 'train/')),
      scratch({ 'train.tar': await tarOf(files) }),
      join(scratch({ 'all.tgz': gzipSync(await tarOf(renamed(files, '', 'set/'))) }), 'all.tgz'),
    ]
    for (const folder of folders) {
      const { train, test, notices } = await outline(folder)
      expect({ train, test }).toEqual({ train: { cat: 8, dog: 16 }, test: { cat: 2, dog: 4 } })
      expect(notices).toEqual([
        'images: 6 of 30 images are for testing, the same share of each class, as there is no test part',
      ])
    }
    const tested = async (seed: number, options = {}) => {
      const coloured = await coloursOf(60)
      const data = await succeed(openData({ folder: coloured, seed })(imageFolder(image(1, 1, 3), options)))
      const bytes = new Uint8Array(3 * data.test.size)
      await data.test.read(Int32Array.from(data.test.labels.keys()), bytes)
      return [...bytes].join()
    }
    const first = await tested(0)
    expect(await tested(5)).toBe(first)
    expect(await tested(0, { splitSeed: 1 })).not.toBe(first)
    expect((await tested(0, { test: 20 })).split(',').length).toBe(3 * 20)
  })

  test('a share for testing that leaves no image of a kind is refused', async () => {
    const folder = scratch(at(...some('cat', 3), ...some('dog', 3)))
    for (const test of [1.5, 6, 7])
      expect(
        renderMessage(await failure(openData({ folder, seed: 0 })(imageFolder(image(4, 4, 3), { test })))),
      ).toBe(
        `images, test: expected a share above 0 and below 1, or a whole number below 6, the images there are, got ${test}`,
      )
  })

  test('classes may lie deeper', async () => {
    const files = at(
      ...some('animal/cat', 5),
      ...some('animal/dog/old', 5),
      ...some('plant/oak', 5),
      'plant/x.png',
    )
    const at1 = await succeed(openData({ folder: scratch(files), seed: 0 })(imageFolder(image(4, 4, 3))))
    const at2 = await succeed(
      openData({ folder: scratch(files), seed: 0 })(imageFolder(image(4, 4, 3), { depth: 2 })),
    )
    expect(at1.classes).toEqual(['animal', 'plant'])
    expect(at2.classes).toEqual(['animal/cat', 'animal/dog', 'plant/oak'])
    expect(at2.notices).toContainEqual(expect.objectContaining({ reason: 'outside the classes', count: 1 }))
  })

  test('a class that only the validation has is named', async () => {
    const files = { ...three('train', 'val', 'test'), ...at('val/emu/0.png') }
    expect(await line(scratch(files))).toBe(
      '…/val: expected the classes of …/train (cat, dog), got emu; try files of one data set',
    )
  })
})

describe('a run', () => {
  test('tells how its data is read before it begins, and what could not be decoded when it is done', async () => {
    const images = ['cat', 'dog'].flatMap(name => [...some(`train/${name}`, 8), ...some(`val/${name}`, 3)])
    const folder = scratch({ ...at(...images), 'train/labels.csv': 'a,b', 'train/dog/4.png': '<html>' })
    const file = join(scratch(), 'large.ts')
    writeFileSync(
      file,
      `import * as e from '${root}/src/index.js'
const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] }
const data = e.imageFolder(e.image(2048, 2048, 3), { normalise, validation: 2, augment: [e.randomResizedCrop(8)] })
const net = e.net('small', e.image(8, 8, 3), e.convBnAct(2), e.globalAvgPool, e.dense(2))
export default e.experiment(net, data, e.train({ epochs: 1, batchSize: 7 }))
`, // 22 images of 12 MiB are more than are held in memory
    )
    const run = ['--engine', 'wasm', '--data', folder, '--out', join(scratch(), 'run'), '--skip-bad']
    const { code, err } = await espalier(['train', file, ...run])
    expect(code, err).toBe(0)
    const lines = err.replaceAll(folder, '…').split('\n')
    const places = [
      'images: val is the test set, as there is no other; validation images are split off training',
      '…/train: 1 entry left out, with another extension: labels.csv',
      'step 1 of 1: train',
      /^1 image left out \(--skip-bad\): …\/train\/dog\/4\.png: expected an image, got a file that cannot be decoded \(it begins with '<html>'/,
    ].map(line => lines.findIndex(found => (typeof line === 'string' ? line === found : line.test(found))))
    expect(
      places.every((place, nth) => place > (places[nth - 1] ?? -1)),
      err,
    ).toBe(true)
    expect(lines.filter(line => line.startsWith('1 image left out')).length).toBe(1)
  })
})
