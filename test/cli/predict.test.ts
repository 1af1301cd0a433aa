/** Predictions: those of evaluation for the same image, from files, bytes and pixels; and what is no image or no classifier. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { load, predict, save } from '../../src/async/index.js'
import { encodeModelFile } from '../../src/convert/model-file.js'
import type { Dataset } from '../../src/data/dataset.js'
import { imageFolder, randomCrop } from '../../src/data/index.js'
import { openData } from '../../src/data/open.js'
import { evaluationFeed } from '../../src/data/pipeline/batches.js'
import { preprocessingOf } from '../../src/data/preprocessing.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { evaluationBatch } from '../../src/learn/evaluation/evaluate.js'
import { type Classifier, predict as openClassifier } from '../../src/learn/evaluation/predict.js'
import { softmax } from '../../src/learn/evaluation/score.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import { sizeOf } from '../../src/net/shape.js'
import type { Model } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { arbitraryModel, fedWith, modelOf } from '../support/nets/arbitrary.js'
import { right } from '../support/nets/surgery.js'
import { espalier, expectRefusedAtOnce } from '../support/programs/command.js'
import { ownCache, scratch, succeed } from '../support/scratch.js'

ownCache()

let engine: Engine
beforeAll(async () => {
  engine = await succeed(openEngine('wasm', 2))
})

/** The logits of a batch, as evaluation computes them. */
const evaluated = async (
  model: Model,
  images: Float32Array,
  batch = evaluationBatch,
): Promise<Float32Array> => {
  const infer = lowerForInference(batch)(model)
  const session = await succeed(engine.open({ infer }))
  session.write(model.weights)
  const { logits = new Float32Array() } = session.run('infer', { images })
  session.close()
  return logits
}

/** A photograph-like image of one colour field a class, large and small, upright and not. */
const photo = (label: number, nth: number) => {
  const [width, height] = [40 + 13 * nth, 30 + 7 * ((nth * 5) % 6)]
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * (label + 2) + 31 * nth) % 256)
  const picture = sharp(data, { raw: { width, height, channels: 3 } })
  return nth % 2 === 0
    ? picture
        .withMetadata({ orientation: 1 + (nth % 8) })
        .jpeg()
        .toBuffer()
    : picture.ensureAlpha(0.5).png().toBuffer()
}

const classes = ['ant', 'bee', 'cow']

/** Class folders of such images. */
const folderOf = async (): Promise<string> => {
  const files: Record<string, Buffer> = {}
  for (const part of ['train', 'test'])
    for (const [label, name] of classes.entries())
      for (let nth = 0; nth < 6; nth++) files[`${part}/${name}/${nth}.jpg`] = await photo(label, nth)
  return scratch(files)
}

/** Images are stored larger than the net's input, as an augmentation that crops asks for. */
const spec = imageFolder(image(20, 20, 3), { augment: [randomCrop(0, { size: 16 })] })
const small = modelOf(3)(
  net('small', image(16, 16, 3), convBnAct(8), convBnAct(6, 3), globalAvgPool, dense(3)),
)

const place = { file: 'some.jpg', entry: null, offset: 0 }
const unit = (channels: number) => ({
  mean: new Array<number>(channels).fill(0.3),
  deviation: new Array<number>(channels).fill(0.2),
})

describe('a prediction', () => {
  let folder = ''
  let dataset: Dataset
  let classifier: Classifier
  beforeAll(async () => {
    folder = await folderOf()
    dataset = await succeed(openData({ folder, seed: 0 })(spec))
    classifier = { model: small, preprocessing: preprocessingOf(dataset) }
  })

  test('of a file is that of evaluation, bit for bit', async () => {
    const { images } = await evaluationFeed(dataset, dataset.test, { batch: evaluationBatch }).batch(0, 0)
    const logits = await evaluated(small, images)
    const classify = predict(classifier)
    for (let nth = 0; nth < dataset.test.size; nth++) {
      const expected = softmax(logits.subarray(3 * nth, 3 * nth + 3))
      const name = classes[Math.floor(nth / 6)] ?? ''
      const found = await classify(join(folder, 'test', name, `${nth % 6}.jpg`))
      expect(found.map(({ probability }) => probability)).toEqual([...expected].sort((a, b) => b - a))
      for (const { name, probability } of found) expect(expected[classes.indexOf(name)]).toBe(probability)
    }
  })

  test('is the same of a file, its bytes and its pixels, and of the model saved and loaded', async () => {
    const file = join(folder, 'test/bee/1.jpg')
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
    expect(info.channels).toBe(4)
    const whole = await predict(classifier)(file)
    const model = join(scratch(), 'model.safetensors')
    await save(model)(classifier)
    expect(await load(model)).toEqual(classifier)
    for (const each of [await load(model), classifier]) {
      const classify = predict(each)
      expect(await classify(await sharp(file).toBuffer())).toEqual(await classify(file))
      expect(await classify({ height: info.height, width: info.width, channels: 4, data })).toEqual(whole)
    }
    expect(await predict(classifier, { top: 2 })(file)).toEqual(whole.slice(0, 2))
  })

  test('sums to 1 over all classes, the most probable first', async () => {
    const found = await predict(classifier)(join(folder, 'test/cow/0.jpg'))
    const probabilities = found.map(({ probability }) => probability)
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a))
  })
})

test('one image at a time has the logits of evaluation, over random nets', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryModel(), async model => {
      const [count, size] = [7, sizeOf(model.net.input)]
      const images = fedWith(5, 'images', [count, ...model.net.input])
      const padded = new Float32Array(evaluationBatch * size)
      padded.set(images)
      const whole = await evaluated(model, padded)
      const values = whole.length / evaluationBatch
      for (let nth = 0; nth < count; nth++)
        expect(await evaluated(model, images.slice(nth * size, (nth + 1) * size), 1)).toEqual(
          whole.slice(nth * values, (nth + 1) * values),
        )
    }),
    { numRuns: 40 },
  )
})

describe('what cannot classify is refused', () => {
  const size = [16, 16, 3]
  const resize = { height: 16, width: 16, fit: 'cover' } as const
  const whole = { size, resize, ...unit(3), classes }

  test.each([
    ['no preprocessing', null, /names of its classes .* got one without/],
    ['no classes', { ...whole, classes: [] }, /names of its classes .* got one without/],
    ['other classes', { ...whole, classes: ['a'] }, /expected one output per class, 1 in all, got 3/],
    ['other images', { ...whole, size: [8, 8, 3] }, /expected images of 16×16×3, .* got 8×8×3/],
    ['a small resize', { ...whole, resize: { ...resize, width: 8 } }, /covers the net's input .* got 16×8/],
    ['a huge resize', { ...whole, resize: { ...resize, height: 2 ** 40 } }, /at most 67,108,864 pixels/],
  ] as const)('%s', async (_, preprocessing, message) => {
    const opened = await openClassifier(engine)({ model: small, preprocessing })()
    expect(E.isLeft(opened) && renderMessage(opened.left)).toMatch(message)
    await expect(predict({ model: small, preprocessing })('any.jpg')).rejects.toThrow(message)
  })

  test('and so are images that are none', async () => {
    const classify = right(await openClassifier(engine)({ model: small, preprocessing: whole })())
    const messageOf = async (input: Parameters<typeof classify>[0]): Promise<string> => {
      const answer = await classify(input, place)()
      return E.isLeft(answer) ? renderMessage(answer.left) : 'it was answered'
    }
    expect(await messageOf(Buffer.from('text'))).toMatch(
      /^some.jpg: expected an image, got a file that cannot be decoded \(it begins with 'text'/,
    )
    expect(await messageOf(new Uint8Array())).toMatch(/it is empty/)
    expect(await messageOf({ height: 2, width: 2, channels: 3, data: new Uint8Array(11) })).toMatch(
      /expected 2×2×3 = 12 bytes of pixels, got 11/,
    )
  })
})

describe('the command', () => {
  let folder = ''
  let model = ''
  beforeAll(async () => {
    folder = await folderOf()
    const dataset = await succeed(openData({ folder, seed: 0 })(spec))
    model = join(folder, 'model.safetensors')
    writeFileSync(model, encodeModelFile(small, preprocessingOf(dataset)))
    writeFileSync(join(folder, 'bare.safetensors'), encodeModelFile(small))
    writeFileSync(join(folder, 'notes.txt'), 'no image')
  })

  test('answers each image as text, JSON or CSV', async () => {
    const images = [join(folder, 'test/ant/1.jpg'), join(folder, 'test/bee')]
    const [text, json, csv] = await Promise.all(
      [[], ['--json', '--top', '1'], ['--csv', '--top', '2']].map(more =>
        espalier(['predict', model, ...images, ...more]),
      ),
    )
    for (const ended of [text, json, csv]) expect([ended?.code, ended?.err]).toEqual([0, ''])
    const lines = (text?.out ?? '').trimEnd().split('\n')
    expect(lines).toHaveLength(7)
    for (const line of lines)
      expect(line).toMatch(/^\S+\.jpg: \w{3} [\d.]+ %, \w{3} [\d.]+ %, \w{3} [\d.]+ %$/)
    const records = (json?.out ?? '')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(records.map(({ image }) => image)).toEqual([
      images[0],
      ...[0, 1, 2, 3, 4, 5].map(nth => join(folder, 'test/bee', `${nth}.jpg`)),
    ])
    const library = await predict(await load(model), { top: 1 })(images[0] ?? '')
    expect(records[0]?.classes).toEqual(library)
    const rows = (csv?.out ?? '').split('\n')
    expect(rows[0]).toBe('image,rank,class,probability')
    expect(rows[1]).toBe(`${images[0]},1,${library[0]?.name},${library[0]?.probability}`)
    expect(rows).toHaveLength(1 + 2 * 7 + 1)
  })

  test('says a line of each that is no image, and answers the others', async () => {
    const good = join(folder, 'test/cow/2.jpg')
    const { code, out, err } = await espalier([
      ...['predict', model, join(folder, 'notes.txt'), good],
      ...[join(folder, 'missing.jpg'), scratch()],
    ])
    expect(code).toBe(1)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map(line => line.split(': ')[0]),
    ).toEqual([good])
    const lines = err.trimEnd().split('\n').sort()
    expect(lines).toHaveLength(3)
    expect(lines.join('\n')).toMatch(/missing.jpg: expected a file or folder, got none/)
    expect(lines.join('\n')).toMatch(/notes.txt: expected an image, got .* \(it begins with 'no image'/)
    expect(lines.join('\n')).toMatch(/: expected images in it, got none/)
  })

  test('refuses a model without classes, a run without a model, and no images', async () => {
    const [bare, none, noImages, both] = await Promise.all([
      espalier(['predict', join(folder, 'bare.safetensors'), folder]),
      espalier(['predict', join(folder, 'run'), folder]),
      espalier(['predict', model]),
      espalier(['predict', model, folder, '--json', '--csv']),
    ])
    if (!bare || !none || !noImages || !both) throw new Error('four were asked')
    expectRefusedAtOnce(bare, /bare.safetensors: expected a model with the names of its classes/)
    expectRefusedAtOnce(none, /run: expected a file or folder, got none/)
    expectRefusedAtOnce(noImages, /<images>: expected an argument, got none/)
    expectRefusedAtOnce(both, /--csv: expected it without --json, got both/)
  })
})
