/** Which images are of a class, wherever they lie. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { scratch, tarOf } from '../../support/scratch.js'
import { at, type Files, line, outline, plain, png, renamed, some } from './folders.js'

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
