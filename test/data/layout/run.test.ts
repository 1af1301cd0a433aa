/** What a run prints of how its data is read. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { espalier, root } from '../../support/programs/command.js'
import { scratch } from '../../support/scratch.js'
import { at, some } from './folders.js'

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
