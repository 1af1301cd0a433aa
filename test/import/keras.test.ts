import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { importModel } from '../../src/convert/import.js'
import { loadHdf5 } from '../../src/convert/keras/hdf5/library.js'
import type { Imported } from '../../src/convert/keras/import/read.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { kerasFile, preprocess } from '../keras/fixture.js'
import { apart, inFolder, left, logitsOf, run, tolerance } from '../support/programs/exported.js'

const answers: Readonly<Record<string, readonly (readonly number[])[]>> = JSON.parse(
  readFileSync(kerasFile('answers.json'), 'utf8'),
)

const [count, side] = [3, 8]

/** Pixels from 0 to 255, the same as in `make.py`. */
const pixels = Float32Array.from({ length: count * side * side * 3 }, (_, i) => (i * 37) % 256)

const softmax = (row: ArrayLike<number>): readonly number[] => {
  const powers = Array.from(row, Math.exp)
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(each => each / sum)
}

/** The probabilities of an imported model for the images. */
const answerOf = (imported: Imported): readonly number[] => {
  const logits = logitsOf(imported.model, preprocess(pixels, imported.preprocessing), count)
  return Array.from({ length: count }, (_, nth) => softmax(logits.slice(3 * nth, 3 * nth + 3))).flat()
}

describe('a saved Keras model answers as in Keras', () => {
  test.for([
    ['nested-3.keras', 'nested-3'],
    ['nested-3.h5', 'nested-3'],
    ['nested-3-tfjs', 'nested-3'],
    ['nested-2.keras', 'nested-2'],
    ['nested-2.h5', 'nested-2'],
    ['nested-2-float32', 'nested-2'],
    ['blocks-3.keras', 'blocks-3'],
    ['blocks-2.keras', 'blocks-2'],
    ['negative.keras', 'negative'],
    ['channelwise.h5', 'channelwise'],
  ])('%s', async ([file = '', name = '']) => {
    const imported = await run(importModel(kerasFile(file)))
    const difference = apart((answers[name] ?? []).flat(), answerOf(imported))
    console.log(`${file}: ${difference.toExponential(1)} from Keras`)
    expect(difference).toBeLessThan(tolerance)
  })

  test('a normaliser that no deviation can say is the first layer', async () => {
    const { model, preprocessing } = await run(importModel(kerasFile('negative.keras')))
    expect(preprocessing).toBe(null)
    expect(model.net.body.layers[0]).toMatchObject({ _tag: 'depthwise', name: 'normalise' })
  })

  test('models inside it are stacks of their names, and what training alone runs is left out', async () => {
    const { model, preprocessing, dropped } = await run(importModel(kerasFile('nested-3.keras')))
    expect(model.net.body.layers.map(({ name }) => name).slice(0, 2)).toEqual(['encoder', 'block'])
    expect(preprocessing?.mean.map(each => each.toFixed(6))).toEqual(Array(3).fill('0.500000'))
    expect(preprocessing?.deviation.map(each => each.toFixed(6))).toEqual(Array(3).fill('0.500000'))
    expect(dropped.map(renderMessage)).toEqual([
      'layer flip (RandomFlip) is left out: it acts while training alone',
      'layer gaussian_noise (GaussianNoise) is left out: it acts while training alone',
      'layer dense (Dense) is left out: the outputs of a net are logits',
    ])
  })
})

interface Manifest {
  readonly weightsManifest: readonly [{ readonly weights: tf.io.WeightsManifestEntry[] }]
}

describe('weights quantised to fewer bits are those that tfjs reads', () => {
  test.for(['float16', 'uint8', 'uint16'])('%s', async type => {
    const folder = kerasFile(`nested-2-${type}`)
    const { weightsManifest }: Manifest = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'))
    const bytes = Uint8Array.from(readFileSync(join(folder, 'group1-shard1of1.bin')))
    const read = tf.io.decodeWeights(bytes.buffer, weightsManifest[0].weights)
    const { model } = await run(importModel(folder))
    const kernels = {
      'encoder/c/kernel': 'c/kernel',
      'dense/kernel': 'dense/kernel',
      'encoder/c/scale': 'b/gamma',
    }
    for (const [ours, theirs] of Object.entries(kernels))
      expect(apart(read[theirs]?.dataSync() ?? [], model.weights[ours]?.data ?? [])).toBeLessThan(1e-6)
  })
})

const archive = () => unzipSync(readFileSync(kerasFile('nested-3.keras')))

/** The line for a `.keras` file of such entries. */
const refused = (entries: Parameters<typeof zipSync>[0]) =>
  inFolder(async folder => {
    const file = join(folder, 'm.keras')
    writeFileSync(file, zipSync(entries))
    return renderMessage(left(await importModel(file)()))
  })

describe('damaged and hostile files are refused in one line', () => {
  test('an archive without its weights', async () => {
    const { 'model.weights.h5': _, ...others } = archive()
    expect(await refused(others)).toMatch(
      /m\.keras: expected an archive that holds model\.weights\.h5, got metadata\.json, config\.json$/,
    )
  })

  test('an entry that claims four billion bytes', () =>
    inFolder(async folder => {
      const bytes = Buffer.from(zipSync(archive()))
      bytes.writeUInt32LE(2 ** 32 - 2, bytes.indexOf('PK\x01\x02') + 24)
      const file = join(folder, 'm.keras')
      writeFileSync(file, bytes)
      expect(renderMessage(left(await importModel(file)()))).toMatch(
        /metadata\.json: expected at most 100 times its packed bytes, got 4,294,967,294 bytes from \d+$/,
      )
    }))

  test('weights of other shapes and missing ones, by name', async () => {
    const config = new TextDecoder().decode(archive()['config.json'])
    const edited = (from: string, to: string) =>
      refused({ ...archive(), 'config.json': strToU8(config.replace(from, to)) })
    expect(await edited('"filters": 3', '"filters": 4')).toMatch('encoder/c/kernel')
    expect(await edited('"class_name": "SeparableConv2D"', '"class_name": "DepthwiseConv2D"')).toMatch(
      'weights: expected separable_conv2d/depthwise_kernel',
    )
  })

  test('two layers of one name', async () => {
    const config = new TextDecoder().decode(archive()['config.json'])
    const line = await refused({
      ...archive(),
      'config.json': strToU8(config.replaceAll('"flatten"', '"dense"')),
    })
    expect(line).toMatch('expected a name of its own for each layer, got several called dense; try ')
  })

  test('layers without a name', async () => {
    const config = new TextDecoder().decode(archive()['config.json'])
    const edited = (text: string) => refused({ ...archive(), 'config.json': strToU8(text) })
    expect(await edited(config.replaceAll(/"(flatten|dense)"/g, '""'))).toMatch(
      'expected a name of its own for each layer, got several without one; try ',
    )
    const softened = config
      .replaceAll('"dense"', '""')
      .replaceAll('"class_name": "Dense"', '"class_name": "Soft"')
    expect(await edited(softened)).toMatch(
      'a layer without a name: expected a supported class, got Soft; try ',
    )
  })

  test.for(['nested-3.keras', 'nested-2.h5'])('%s, cut anywhere or with bytes changed', name =>
    inFolder(async folder => {
      const file = join(folder, name)
      const whole = readFileSync(kerasFile(name))
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), fc.nat(255), async (at, isCut, byte) => {
          copyFileSync(kerasFile(name), file)
          if (isCut) truncateSync(file, at)
          else writeFileSync(file, whole.with(at, byte))
          const outcome = await importModel(file)()
          if (outcome._tag === 'Left') expect(renderMessage(outcome.left)).not.toContain('\n')
          else expect(isCut).toBe(false)
        }),
        { numRuns: 60, examples: [[14, false, 2]] }, // in HDF5, the bytes of a length
      )
    }),
  )

  test('weights alone', () =>
    inFolder(async folder => {
      const file = join(folder, 'w.h5')
      writeFileSync(file, archive()['model.weights.h5'] ?? '')
      expect(renderMessage(left(await importModel(file)()))).toMatch(
        'expected a whole model with model_config, as model.save writes it, got weights or other data alone',
      )
    }))

  test('an array whose sizes are more than memory holds', async () => {
    const { File, files } = await loadHdf5()
    const file = new File('/absurd.h5', 'w')
    const shape = [2, 2, 2, 2]
    file.create_group('layers')
    for (const group of [
      'sequential',
      'sequential/layers',
      'sequential/layers/conv2d',
      'sequential/layers/conv2d/vars',
    ])
      file.create_group(`layers/${group}`)
    file
      .create_dataset({
        name: 'layers/sequential/layers/conv2d/vars/0',
        data: new Float32Array(16),
        shape,
        maxshape: [null, null, null, null],
        chunks: shape,
      })
      .resize([2 ** 16, 2 ** 16, 2 ** 16, 2])
    file.close()
    expect(await refused({ ...archive(), 'model.weights.h5': files.readFile('/absurd.h5') })).toMatch(
      'encoder/c/kernel: expected 3×3×3×3, got 65536×65536×65536×2',
    )
  })
})
