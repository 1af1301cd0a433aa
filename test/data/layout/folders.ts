/** Folders of images, and what is found in them. */
import sharp from 'sharp'
import { beforeAll } from 'vitest'
import { openData } from '../../../src/data/open.js'
import { countsOf } from '../../../src/data/pipeline/split.js'
import type { OpenOptions } from '../../../src/data/source.js'
import { imageFolder } from '../../../src/data/spec.js'
import { image } from '../../../src/net/words/leaves.js'
import { type Fact, renderMessage } from '../../../src/report/text/render-message.js'
import { failure, ownCache, succeed } from '../../support/scratch.js'

ownCache()

export let png = Buffer.alloc(0)

beforeAll(async () => {
  png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#456' } })
    .png()
    .toBuffer()
})

export type Files = Record<string, Buffer | string>

/** Images at these paths. */
export const at = (...paths: readonly string[]): Files => Object.fromEntries(paths.map(path => [path, png]))

export const some = (folder: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, nth) => `${folder}/${nth}.png`)

/** Two classes of four images, and two to test each. */
export const plain = (): Files =>
  at(...['cat', 'dog'].flatMap(name => [...some(`train/${name}`, 4), ...some(`test/${name}`, 2)]))

export const open = (folder: string, more: Partial<OpenOptions> = {}) =>
  openData({ folder, seed: 0, ...more })(imageFolder(image(4, 4, 3), { validation: 0 }))

/** Notices of the images themselves: here all are alike. */
export const ofImages = ['DuplicatesFound', 'ClassesUneven']

/** How many images of each class a set has, part by part, and what is told of it without its folder's name. */
export const outline = async (folder: string, more: Partial<OpenOptions> = {}) => {
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

export const line = async (folder: string, more: Partial<OpenOptions> = {}): Promise<string> =>
  renderMessage(await failure(open(folder, more))).replaceAll(folder, '…')

export const four = { train: { cat: 4, dog: 4 }, test: { cat: 2, dog: 2 } }

export const renamed = (files: Files, from: string, to: string): Files =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [path.replace(from, to), content]))
