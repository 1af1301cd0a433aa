/** A run of images on disk: bad ones, lost ones, moved ones. */
import { renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Dataset } from '../../../src/data/dataset.js'
import { openData } from '../../../src/data/open.js'
import { imageFolder } from '../../../src/data/spec.js'
import { net } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train } from '../../../src/run/schedule/schedule.js'
import { withData } from '../../../src/run/storage/settings.js'
import { openRun } from '../../../src/run/storage/stored-run.js'
import { failure, scratch, succeed } from '../../support/scratch.js'
import { beginning, engine, learning, logOf, modelOf, newPath, resuming } from './runs.js'

describe.runIf(engine !== null)('a run of images on disk', () => {
  const small = net('small', image(8, 8, 3), convBnAct(4), globalAvgPool, dense(2))
  const spec = imageFolder(image(8, 8, 3), {
    validation: 0.25,
    normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  })
  const what = experiment(small, spec, train({ ...learning, batchSize: 4, epochs: 3 }))

  /** Images of two classes, one of them no image at all where its name is given. */
  const pictures = async (bad: string | null): Promise<string> => {
    const names = ['train', 'test'].flatMap(part =>
      ['cat', 'dog'].flatMap(name => Array.from({ length: 12 }, (_, nth) => `${part}/${name}/${nth}.png`)),
    )
    const files = await Promise.all(
      names.map(async (name, nth) => {
        const colour = { r: 10 * nth, g: name.includes('cat') ? 200 : 20, b: 99 % (nth + 1) }
        const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: colour } })
          .png()
          .toBuffer()
        return [name, name === bad ? Buffer.from('<html>') : png] as const
      }),
    )
    return scratch(Object.fromEntries(files))
  }

  const opening = (folder: string, skipBad: boolean, memory?: number): Promise<Dataset> =>
    succeed(openData({ folder, seed: 0, skipBad, ...(memory !== undefined && { memory }) })(spec))

  test.each(['train/cat/7.png', 'test/dog/3.png'])(
    'decoded as they are expected, stopped by a bad one (%s), ends without it as if begun without',
    async bad => {
      const folder = await pictures(bad)
      const [path, other] = [newPath(), newPath()]
      const data = await opening(folder, false, 100)
      const { run } = beginning(path, what, { data }, { folder })
      const refused = await failure(run)
      expect(refused).toMatchObject({ _tag: 'NotAnImage' })
      expect(renderMessage(refused)).toContain('--skip-bad')
      expect(await failure(resuming(path, {}, { data }).run)).toEqual(refused)
      const skipping = await opening(folder, true, 100)
      await succeed(resuming(path, { data: { skipBad: true } }, { data: skipping }).run)
      expect(skipping.skipped.length).toBe(1)
      expect((await succeed(openRun(path))).settings.data.skipBad).toBe(true)
      const without = await opening(folder, true, 100)
      await succeed(beginning(other, what, { data: without }, { folder, skipBad: true }).run)
      expect([logOf(path), modelOf(path)]).toEqual([logOf(other), modelOf(other)])
    },
  )

  test('that had all of them does not go on with fewer', async () => {
    const [good, bad] = [await pictures(null), await pictures('train/cat/7.png')]
    const path = newPath()
    const data = await opening(good, false)
    await failure(beginning(path, what, { data, after: 5 }, { folder: good }).run)
    const fewer = { ...(await opening(bad, true)), checksum: data.checksum }
    const refused = await failure(resuming(path, { data: { skipBad: true } }, { data: fewer }).run)
    expect(refused).toMatchObject({ _tag: 'ImagesLost', folder: path, images: 1 })
    expect(renderMessage(refused)).toContain('7.png')
  })

  test('moved goes on with them where they are now, and knows the whole path', async () => {
    const [from, to, path] = [await pictures(null), join(scratch(), 'moved'), newPath()]
    const data = await opening(from, false)
    await failure(beginning(path, what, { data, after: 5 }, { folder: 'here/below' }).run)
    expect((await succeed(openRun(path))).settings.data.folder).toBe(resolve('here/below'))
    renameSync(from, to)
    const { settings } = await succeed(openRun(path))
    expect(withData(settings, { folder: to }).data.folder).toBe(to)
    await succeed(resuming(path, { data: { folder: to } }, { data: await opening(to, false) }).run)
    expect((await succeed(openRun(path))).settings.data.folder).toBe(to)
  })
})
