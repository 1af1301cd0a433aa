/** Image folders, and what is read of them. */
import sharp from 'sharp'
import type { Dataset, Images } from '../../../src/data/dataset.js'
import { openData } from '../../../src/data/open.js'
import type { OpenOptions } from '../../../src/data/source.js'
import { imageFolder } from '../../../src/data/spec.js'
import { sizeOf } from '../../../src/net/shape.js'
import { image } from '../../../src/net/words/leaves.js'
import { ownCache } from '../../support/scratch.js'

export type Files = Record<string, Buffer | string>

export const plain = (red: number, green: number, blue: number, width = 12, height = 10) =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: green, b: blue } } })

/** Three classes in as many formats, each image of one colour: red tells the part, green the class, blue which. */
export const pictures = async (): Promise<Files> => {
  const files: Files = {}
  for (const [part, count] of [
    ['train', 6],
    ['test', 2],
  ] as const)
    for (const [label, name] of ['bee', 'cat', 'dog'].entries())
      for (let nth = 0; nth < count; nth++) {
        const picture = plain(part === 'train' ? 50 : 200, 40 * label + 20, 10 * nth + 5)
        const [ending, bytes] =
          label === 0
            ? ['png', await picture.png().toBuffer()]
            : label === 1
              ? ['jpg', await picture.jpeg({ quality: 100 }).toBuffer()]
              : ['WEBP', await picture.webp({ lossless: true }).toBuffer()]
        files[`${part}/${name}/${nth}.${ending}`] = bytes
      }
  return files
}

export const files: Files = await pictures()
ownCache()

export const part = (name: string, from: Files = files): Files =>
  Object.fromEntries(Object.entries(from).filter(([path]) => path.startsWith(`${name}/`)))

export const spec = imageFolder(image(8, 8, 3))

export const open = (folder: string, more: Partial<OpenOptions> = {}) =>
  openData({ folder, seed: 0, ...more })(spec)

export const bytesOf = async ({ stored }: Dataset, images: Images): Promise<readonly string[]> => {
  const all = new Uint8Array(images.size * sizeOf(stored))
  await images.read(Int32Array.from(images.labels.keys()), all)
  return Array.from({ length: images.size }, (_, nth) =>
    all.subarray(nth * sizeOf(stored), (nth + 1) * sizeOf(stored)).join(),
  )
}

/** Everything that training sees of a data set. */
export const content = async (data: Dataset) => ({
  classes: data.classes,
  train: await bytesOf(data, data.train),
  validation: await bytesOf(data, data.validation),
  test: await bytesOf(data, data.test),
  labels: [data.train.labels, data.validation.labels, data.test.labels],
})
