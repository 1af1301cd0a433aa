/** The parts of a set: training, validation and test images, and what is split off. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openData } from '../../../src/data/open.js'
import { imageFolder } from '../../../src/data/spec.js'
import { image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { failure, scratch, succeed, tarOf } from '../../support/scratch.js'
import { at, type Files, four, line, outline, plain, png, renamed, some } from './folders.js'

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
