import * as fc from 'fast-check'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/data/error.js'
import { decodeImage } from '../../src/data/formats/images/decode/decode.js'
import { oneAtATime } from '../../src/data/formats/images/decode/one-at-a-time.js'
import { openData } from '../../src/data/open.js'
import { imageFolder } from '../../src/data/spec.js'
import { image } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { ownCache, scratch, succeed } from '../support/scratch.js'

ownCache()

const place = { file: 'some.jpg', entry: null, offset: 0 }

/** Pixels by row and column, three bytes each. */
interface Picture {
  readonly height: number
  readonly width: number
  readonly rgb: Uint8Array
}

/** A picture whose pixel at a row and column is that of another at the place `from` says. */
const rearranged = (
  { rgb, width: across }: Picture,
  height: number,
  width: number,
  from: (row: number, column: number) => readonly [row: number, column: number],
): Picture => {
  const moved = new Uint8Array(height * width * 3)
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [r, c] = from(row, column)
      moved.set(rgb.subarray(3 * (r * across + c), 3 * (r * across + c) + 3), 3 * (row * width + column))
    }
  return { height, width, rgb: moved }
}

/** How a picture is stored so that its orientation, as EXIF 2.3 numbers them, shows it upright. */
const storedAs = (orientation: number, picture: Picture): Picture => {
  const { height, width } = picture
  const [bottom, right] = [height - 1, width - 1]
  const whole = (from: (r: number, c: number) => readonly [number, number]) =>
    rearranged(picture, height, width, from)
  const turned = (from: (r: number, c: number) => readonly [number, number]) =>
    rearranged(picture, width, height, from)
  switch (orientation) {
    case 2:
      return whole((r, c) => [r, right - c])
    case 3:
      return whole((r, c) => [bottom - r, right - c])
    case 4:
      return whole((r, c) => [bottom - r, c])
    case 5:
      return turned((r, c) => [c, r])
    case 6:
      return turned((r, c) => [c, right - r])
    case 7:
      return turned((r, c) => [bottom - c, right - r])
    case 8:
      return turned((r, c) => [bottom - c, r])
    default:
      return picture
  }
}

/** Six fields of 8×8 pixels, each of a colour of its own: JPEG keeps them apart. */
const fields: Picture = {
  height: 16,
  width: 24,
  rgb: Uint8Array.from({ length: 16 * 24 * 3 }, (_, at) => {
    const [row, column, channel] = [Math.floor(at / 72) >> 3, (Math.floor(at / 3) % 24) >> 3, at % 3]
    return (40 + 30 * (3 * row + column) + 70 * channel) % 256
  }),
}

const open = ({ rgb, width, height }: Picture): Sharp => sharp(rgb, { raw: { width, height, channels: 3 } })

const apart = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), Math.abs(a.length - b.length))

const formats: readonly [name: string, encode: (picture: Sharp) => Sharp][] = [
  ['jpeg', picture => picture.jpeg({ quality: 100, chromaSubsampling: '4:4:4' })],
  ['png', picture => picture.png()],
  ['webp', picture => picture.webp({ lossless: true })],
  ['tiff', picture => picture.tiff({ compression: 'lzw' })],
]

/** The sum that ends a PNG's chunk. */
const crc32 = (bytes: Uint8Array): number => {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0)
  }
  return ~sum >>> 0
}

const reasonOf = (bytes: Buffer): Promise<string> =>
  decodeImage([4, 4, 3])(bytes, place).then(
    () => 'it was decoded',
    error =>
      error instanceof Fault && error.fact._tag === 'NotAnImage' ? error.fact.reason : `it failed: ${error}`,
  )

/** What is said of bytes that are no image. */
const complaintOf = (bytes: Buffer): Promise<string> =>
  decodeImage([4, 4, 3])(bytes, place).then(
    () => 'it was decoded',
    error => (error instanceof Fault ? renderMessage(error.fact) : `it failed: ${error}`),
  )

describe('an image that cannot be decoded', () => {
  test.each([
    ['jpeg', (picture: Sharp) => picture.jpeg()],
    ['jpeg, progressive', (picture: Sharp) => picture.jpeg({ progressive: true })],
    ['png', (picture: Sharp) => picture.png()],
    ['webp', (picture: Sharp) => picture.webp()],
    ['gif', (picture: Sharp) => picture.gif()],
  ])('is cut off where a %s ends too early', async (_, encode) => {
    const whole = await encode(open(fields)).toBuffer()
    for (const share of [0.3, 0.6, 0.9]) {
      const size = Math.floor(share * whole.length)
      expect(await complaintOf(whole.subarray(0, size))).toMatch(
        new RegExp(
          `: expected a whole image, got its first ${size} bytes; try --skip-bad, which leaves it out`,
        ),
      )
    }
  })

  test('is not cut off where a whole file is damaged', async () => {
    const whole = await open(fields).png().toBuffer()
    const pixels = whole.indexOf('IDAT') + 4
    const damaged = Buffer.from(whole).fill(255, pixels, pixels + 20)
    expect(await complaintOf(damaged)).toMatch(/: expected an image, got a file that cannot be decoded /)
  })
})

describe('decodeImage', () => {
  test.each(formats)('applies each of the eight EXIF orientations of a %s', async (_, encode) => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const stored = encode(open(storedAs(orientation, fields)).withMetadata({ orientation }))
      const upright = await decodeImage([16, 24, 3])(await stored.toBuffer(), place)
      expect([orientation, apart(upright, fields.rgb) <= 6]).toEqual([orientation, true])
    }
  })

  test('rotates before it scales and crops', async () => {
    const stored = await open(storedAs(6, fields)).withMetadata({ orientation: 6 }).png().toBuffer()
    const upright = await open(fields).png().toBuffer()
    for (const shape of [
      [8, 8, 3],
      [16, 8, 1],
      [5, 20, 3],
    ])
      expect(
        apart(await decodeImage(shape)(stored, place), await decodeImage(shape)(upright, place)),
      ).toBeLessThan(10) // rows and columns are rounded in turn; the fields are 30 apart
  })

  test('training and evaluation see the same upright image', async () => {
    const bytes = await open(storedAs(8, fields)).withMetadata({ orientation: 8 }).png().toBuffer()
    const folder = scratch({ 'train/a/0.png': bytes, 'train/b/0.png': bytes, 'test/a/0.png': bytes })
    for (const memory of [2 ** 20, 1]) {
      const data = await succeed(
        openData({ folder, seed: 0, memory })(imageFolder(image(16, 24, 3), { validation: 0 })),
      )
      for (const part of [data.train, data.test]) {
        const pixels = new Uint8Array(fields.rgb.length)
        await part.read(Int32Array.of(0), pixels)
        expect(pixels).toEqual(fields.rgb)
      }
    }
  })

  test('one channel is 0.299 R + 0.587 G + 0.114 B of the stored values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 48, maxLength: 48 }), async rgb => {
        const bytes = await open({ height: 4, width: 4, rgb }).png().toBuffer()
        const grey = await decodeImage([4, 4, 1])(bytes, place)
        grey.forEach((value, at) => {
          const [red = 0, green = 0, blue = 0] = rgb.subarray(3 * at)
          expect(Math.abs(value - (0.299 * red + 0.587 * green + 0.114 * blue))).toBeLessThan(0.502)
        })
      }),
      { numRuns: 30 },
    )
  })

  test('grey values equal those of Pillow 13, and grey pixels are unchanged', async () => {
    const greys = [255, 0, 0, 0, 255, 0, 0, 0, 255, 224, 172, 105]
    const bytes = await open({ height: 1, width: 4, rgb: Uint8Array.from(greys) })
      .png()
      .toBuffer()
    expect([...(await decodeImage([1, 4, 1])(bytes, place))]).toEqual([76, 150, 29, 180])
    const every = Uint8Array.from({ length: 256 }, (_, value) => value)
    const stored = await sharp(every, { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect(await decodeImage([16, 16, 1])(stored, place)).toEqual(every)
  })

  test('SVG, PDF, HTML, BMP and text are refused by content, in one line', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    for (const [content, begins] of [
      [svg, '<svg'],
      [`<?xml version="1.0"?>\n${svg}`, '<?xml'],
      [`\n  ${svg}`, '·  <svg'],
      ['%PDF-1.4\n%âãÏÓ', '%PDF-1.4'],
      ['<!DOCTYPE html><title>404</title>', '<!DOCTYPE html>'],
      ['BM\u0001\u0002', 'BM··'],
      ['404', '404'],
    ] as const) {
      const reason = await reasonOf(Buffer.from(content))
      expect(reason).toContain(`it begins with '${begins}`)
      expect(reason).toContain('JPEG, PNG, WebP, GIF, TIFF, AVIF can be read')
      expect(reason).not.toContain('\n')
    }
    expect(await reasonOf(Buffer.alloc(0))).toMatch(/^it is empty; /)
  })

  test('a header of 60,000×60,000 pixels is refused before anything is unpacked', async () => {
    const png = await open(fields).png().toBuffer()
    png.writeUInt32BE(60_000, 16)
    png.writeUInt32BE(60_000, 20)
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29)
    const jpeg = await open(fields).jpeg().toBuffer()
    const frame = jpeg.indexOf(Buffer.from('ffc0', 'hex'))
    jpeg.writeUInt16BE(60_000, frame + 5)
    jpeg.writeUInt16BE(60_000, frame + 7)
    const before = process.memoryUsage().rss
    for (const bytes of [png, jpeg])
      expect(await complaintOf(bytes)).toMatch(
        /: expected an image of at most 268,435,456 pixels, got a larger one; try scaling it down \(magick /,
      )
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28)
  })

  test('photos of more pixels than usual are decoded, in turn with others', async () => {
    const [width, height] = [9000, 8000]
    const create = { width, height, channels: 3, background: { r: 250, g: 120, b: 10 } } as const
    const large = await sharp({ create }).jpeg().toBuffer()
    const small = await open(fields).png().toBuffer()
    const results = await Promise.all(
      [large, small, large].map(bytes => decodeImage([1, 1, 3])(bytes, place)),
    )
    expect(apart(results[0] ?? Uint8Array.of(), Uint8Array.of(250, 120, 10))).toBeLessThan(3)
    expect(results[2]).toEqual(results[0])
  })

  test('one at a time, whether those before end well or not', async () => {
    const log: string[] = []
    const task = (name: string, isGood: boolean) => async () => {
      log.push(`${name} begins`)
      await new Promise(resolve => setTimeout(resolve, 2))
      log.push(`${name} ends`)
      if (!isGood) throw new Error(name)
      return name
    }
    const tasks = [oneAtATime(task('a', true)), oneAtATime(task('b', false)), oneAtATime(task('c', true))]
    const outcomes = (await Promise.allSettled(tasks)).map(({ status }) => status)
    expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(log).toEqual(['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]))
  })

  test.for([
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['HEIC', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic'],
    ['a film', '\0\0\0\x14ftypqt  \0\0\0\0qt  '],
    ['BMP', 'BM6\xe1\0\0\0\0\0\0'],
    ['JPEG XL', '\0\0\0\x0cJXL \r\n\x87\n'],
  ])('a %s is refused by that name', async ([format, content]) => {
    expect(await complaintOf(Buffer.from(`${content}${'\0'.repeat(100)}`, 'latin1'))).toMatch(
      new RegExp(`: expected an image as JPEG, PNG, WebP, GIF, TIFF, AVIF, got ${format}; try converting it`),
    )
  })

  test('an image cut short is refused in one line', async () => {
    const bytes = await open(fields).jpeg().toBuffer()
    const reason = await reasonOf(bytes.subarray(0, bytes.length >> 1))
    expect(reason).toMatch(/premature end|corrupt/i)
    expect(reason).not.toContain('\n')
  })

  test('a file that cannot be opened is a failed read', async () => {
    await expect(decodeImage([4, 4, 3])('/nowhere/a.png', place)).rejects.toMatchObject({
      fact: { _tag: 'ReadFailed', file: '/nowhere/a.png' },
    })
  })
})
