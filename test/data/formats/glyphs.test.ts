import { describe, expect, test } from 'vitest'
import { drawGlyphs } from '../../../src/data/formats/glyphs.js'
import { openData } from '../../../src/data/open.js'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { glyphs } from '../../../src/data/spec.js'
import { permutation, stream } from '../../../src/net/random.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { succeed } from '../../support/scratch.js'

const pixels = 28 * 28
const classes = 10

/** Pixels as deviations from the training mean, in units of the training deviation. */
const standardised = (bytes: Uint8Array, mean: number, deviation: number): Float64Array =>
  Float64Array.from(bytes, byte => (byte - mean) / deviation)

const logits = (weights: Float64Array, images: Float64Array, nth: number): number[] =>
  Array.from({ length: classes }, (_, c) => {
    let sum = weights[c * (pixels + 1) + pixels] ?? 0
    for (let p = 0; p < pixels; p++)
      sum += (weights[c * (pixels + 1) + p] ?? 0) * (images[nth * pixels + p] ?? 0)
    return sum
  })

const accuracy = (weights: Float64Array, images: Float64Array, labels: Int32Array): number => {
  const right = [...labels].filter((label, nth) => {
    const scores = logits(weights, images, nth)
    return scores.indexOf(Math.max(...scores)) === label
  })
  return right.length / labels.length
}

/** Softmax regression by averaged stochastic gradient descent with this much weight decay. */
const regress = (images: Float64Array, labels: Int32Array, decay: number, epochs: number): Float64Array => {
  const weights = new Float64Array(classes * (pixels + 1))
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.005 / (1 + 4 * (epoch / epochs))
    for (const nth of permutation(stream(0, `epoch ${epoch}`), labels.length)) {
      const scores = logits(weights, images, nth)
      const most = Math.max(...scores)
      const total = scores.reduce((sum, score) => sum + Math.exp(score - most), 0)
      scores.forEach((score, c) => {
        const slope = Math.exp(score - most) / total - (labels[nth] === c ? 1 : 0)
        const row = weights.subarray(c * (pixels + 1), (c + 1) * (pixels + 1))
        for (let p = 0; p < pixels; p++)
          row[p] = (row[p] ?? 0) - rate * (slope * (images[nth * pixels + p] ?? 0) + decay * (row[p] ?? 0))
        row[pixels] = (row[pixels] ?? 0) - rate * slope
      })
    }
  }
  return weights
}

describe('glyphs', () => {
  test('an image depends on seed, part and index alone', () => {
    const few = drawGlyphs(3, 'train', 20)
    expect(drawGlyphs(3, 'train', 40).bytes.subarray(0, few.bytes.length)).toEqual(few.bytes)
    expect(drawGlyphs(4, 'train', 20).bytes).not.toEqual(few.bytes)
    expect(drawGlyphs(3, 'test', 20).bytes).not.toEqual(few.bytes)
  })

  test('all are drawn in under a second', () => {
    const spent = Array.from({ length: 3 }, () => {
      const began = process.cpuUsage()
      drawGlyphs(0, 'train', 5000)
      drawGlyphs(0, 'test', 1000)
      const { user, system } = process.cpuUsage(began)
      return (user + system) / 1e6
    })
    expect(Math.min(...spent)).toBeLessThan(1) // of processor time: other work on the machine is not counted
  })

  test('the images do not depend on the run’s seed', async () => {
    const [a, b] = [
      await succeed(openData({ seed: 0 })(glyphs())),
      await succeed(openData({ seed: 1 })(glyphs())),
    ]
    expect(a).toMatchObject({ name: 'glyphs', image: [28, 28, 1], checksum: b.checksum, skipped: [] })
    expect([a.train.size, a.validation.size, a.test.size, a.classes.length]).toEqual([4500, 500, 1000, 10])
    const images = (await trainingFeed(a, { batch: 4500, seed: 0 }).batch(0, 0)).images
    const mean = images.reduce((sum, value) => sum + value, 0) / images.length
    const square = images.reduce((sum, value) => sum + value * value, 0) / images.length
    expect(Math.abs(mean)).toBeLessThan(1e-3)
    expect(Math.abs(square - 1)).toBeLessThan(1e-3)
  })

  test('a linear classifier reaches less than 80 %', () => {
    const [train, held] = [drawGlyphs(0, 'train', 5000), drawGlyphs(0, 'test', 1000)]
    const mean = train.bytes.reduce((sum, byte) => sum + byte, 0) / train.bytes.length
    const deviation = Math.sqrt(
      train.bytes.reduce((sum, byte) => sum + (byte - mean) ** 2, 0) / train.bytes.length,
    )
    const [images, unseen] = [
      standardised(train.bytes, mean, deviation),
      standardised(held.bytes, mean, deviation),
    ]
    const weights = regress(images, train.labels, 0.01, 5)
    expect(accuracy(weights, images, train.labels)).toBeGreaterThan(0.75) // it was trained
    expect(accuracy(weights, unseen, held.labels)).toBeGreaterThan(0.5) // on something that can be learnt
    expect(accuracy(weights, unseen, held.labels)).toBeLessThan(0.8)
  }, 60_000)
})

test('a folder that is named for them is told of as not read', async () => {
  const notices = async (options: { readonly folder?: string }) =>
    (await succeed(openData({ seed: 0, ...options })(glyphs({ train: 100, test: 10 })))).notices.map(
      renderMessage,
    )
  expect(await notices({})).toEqual([])
  expect(await notices({ folder: 'photos' })).toEqual([
    'glyphs: the images are generated, and none are read from photos; try an experiment whose data is read from a folder, such as mnist()',
  ])
})
