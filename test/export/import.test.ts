import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { readKerasModel } from '../../src/convert/keras/import/read.js'
import type { Model } from '../../src/net/weights.js'
import { channelShuffle, channelSlice } from '../../src/net/words/channels.js'
import { net, stack } from '../../src/net/words/combinators.js'
import { convBnAct, globalAvgPool, dense as head, image } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import {
  apart,
  imagesFor,
  inFolder,
  left,
  logitsOf,
  models,
  run,
  tolerance,
} from '../support/programs/exported.js'

beforeAll(() => tf.setBackend('cpu'))

interface LayerJson {
  class_name: string
  config: Record<string, unknown>
  inbound_nodes: unknown
}

interface LayersJson {
  format?: string
  modelTopology?: { config: { layers: LayerJson[] } }
  weightsManifest?: { weights: Spec[] }[]
}

type Edit = (json: LayersJson) => void

/** A stock model as its own `save` writes it, changed, into a folder. */
const save = async (model: tfl.LayersModel, folder: string, edit: Edit = () => undefined): Promise<void> => {
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))
      const half = Math.floor(bytes.byteLength / 2)
      writeFileSync(join(folder, 'a.bin'), bytes.subarray(0, half))
      writeFileSync(join(folder, 'b.bin'), bytes.subarray(half))
      const weightsManifest = [{ paths: ['a.bin', 'b.bin'], weights: weightSpecs }]
      const json: LayersJson = JSON.parse(JSON.stringify({ modelTopology, weightsManifest }))
      edit(json)
      writeFileSync(join(folder, 'model.json'), JSON.stringify(json))
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
}

const answered = (model: tfl.LayersModel, { net: { input } }: Model, images: Float32Array, count: number) =>
  tf.tidy(() => (model.predict(tf.tensor(images, [count, ...input])) as tf.Tensor).dataSync())

const { conv2d, dense, batchNormalization, reLU, activation, add, concatenate, flatten } = tfl.layers

/** Gives every weight of a stock model a value of its own, variances positive ones. */
const stir = (model: tfl.LayersModel): tfl.LayersModel => {
  const drawn = model.weights.map(({ name, shape }, nth) => {
    const [low, high] = name.includes('variance') ? [0.5, 1.5] : [-0.4, 0.5]
    return tf.randomUniform(shape.map(Number), low, high, 'float32', nth + 1)
  })
  model.setWeights(drawn)
  return model
}

const residualModel = (): tfl.LayersModel => {
  const images = tfl.input({ shape: [9, 8, 3] })
  const stem = reLU({ maxValue: 6 }).apply(
    batchNormalization({ scale: false, name: 'bn' }).apply(
      conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', useBias: false, name: 'stem' }).apply(
        images,
      ),
    ),
  ) as tfl.SymbolicTensor
  const side = conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'tanh' }).apply(stem)
  const sum = add().apply([stem, side as tfl.SymbolicTensor]) as tfl.SymbolicTensor
  const wide = tfl.layers.separableConv2d({ filters: 5, kernelSize: 3, padding: 'same' }).apply(sum)
  const joined = concatenate().apply([sum, wide as tfl.SymbolicTensor])
  const vector = dense({ units: 6 }).apply(
    flatten().apply(joined as tfl.SymbolicTensor),
  ) as tfl.SymbolicTensor
  const normed = activation({ activation: 'sigmoid' }).apply(
    batchNormalization({ center: false }).apply(vector),
  )
  return stir(tfl.model({ inputs: images, outputs: dense({ units: 3 }).apply(normed) as tfl.SymbolicTensor }))
}

describe('importing a LayersModel', () => {
  test('an export imports with equal names and weights', () =>
    inFolder(async folder => {
      const pair = (name: string) => stack(name, convBnAct(2), convBnAct(3, 1))
      const rows = modelOf(1)(net('rows', image(5, 5, 1), pair('one'), pair('two'), globalAvgPool, head(2)))
      for (const model of [models.inception, models.residual, rows]) {
        await run(exportModel({ to: 'layers', folder })(model))
        expect(JSON.parse(JSON.stringify(await run(readKerasModel(folder))))).toEqual(
          JSON.parse(JSON.stringify(model)),
        )
      }
    }))

  test('a random net keeps its outputs', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel({ dropout: true, modern: false }), model =>
        inFolder(async folder => {
          await run(exportModel({ to: 'layers', folder })(model))
          const images = imagesFor(model, 2)
          const back = await run(readKerasModel(folder))
          expect(apart(logitsOf(model, images, 2), logitsOf(back, images, 2))).toBeLessThan(tolerance)
        }),
      ),
      { numRuns: 100 },
    )
  })

  const shuffled = modelOf(2)(
    net(
      'shuffled',
      image(4, 6, 4),
      channelShuffle(2, { name: 'mix' }),
      channelSlice(1, 2),
      globalAvgPool,
      head(2),
    ),
  )

  test('a shuffle and a slice of channels come back as what they were', () =>
    inFolder(async folder => {
      await run(exportModel({ to: 'layers', folder })(shuffled))
      const { net: back } = await run(readKerasModel(folder))
      expect(back.body.layers.slice(0, 2)).toEqual(shuffled.net.body.layers.slice(0, 2))
      await run(exportModel({ to: 'keras', folder })(shuffled))
      expect((await run(readKerasModel(join(folder, 'model.keras')))).net).toEqual(back)
    }))

  test('a shuffle that is written for a map of other sides is refused', () =>
    inFolder(async folder => {
      await run(exportModel({ to: 'layers', folder })(shuffled))
      const file = join(folder, 'model.json')
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(/("target_shape":\s*\[\s*)4,(\s*)6,/g, '$16,$24,'),
      )
      const said = renderMessage(left(await readKerasModel(folder)()))
      expect(said).toContain('layer mix (ChannelShuffle), input: expected 6 × 4 × 4, got 4 × 6 × 4; ')
    }))

  test('a stock model with sums, branches and separable layers keeps its outputs', () =>
    inFolder(async folder => {
      const stock = residualModel()
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(model.net.body.layers[0]).toMatchObject({
        _tag: 'conv',
        name: 'stem',
        activation: 'relu6',
        norm: {},
      })
    }))

  const feeding = (layer: tfl.layers.Layer, ...inputs: readonly tfl.SymbolicTensor[]) =>
    layer.apply(inputs.length === 1 ? (inputs[0] as tfl.SymbolicTensor) : [...inputs]) as tfl.SymbolicTensor

  test('a sum of four, one of them the input, nests in shortcuts and keeps its outputs', () =>
    inFolder(async folder => {
      const inputs = fedImage()
      const three = ['a', 'b', 'c'].map(name => feeding(conv2d({ name, filters: 2, kernelSize: 1 }), inputs))
      const stock = stir(tfl.model({ inputs, outputs: ended(feeding(add(), inputs, ...three)) }))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(model.net.body.layers[0]).toMatchObject({
        _tag: 'residual',
        shortcut: { _tag: 'residual', shortcut: { body: { name: 'body' }, shortcut: { layers: [] } } },
      })
    }))

  test('a layer without weights that several branches read is copied into each', () =>
    inFolder(async folder => {
      const inputs = fedImage()
      const positive = feeding(reLU(), inputs)
      const branch = (name: string) => feeding(conv2d({ name, filters: 3, kernelSize: 1 }), positive)
      const joined = feeding(concatenate(), branch('a'), inputs, branch('b'))
      const stock = stir(tfl.model({ inputs, outputs: ended(joined) }))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(JSON.stringify(model.net).split('"activate"')).toHaveLength(3)
    }))

  test('branches of a concatenation that begin with one layer become one branch', () =>
    inFolder(async folder => {
      const inputs = fedImage()
      const point = (name: string, from: tfl.SymbolicTensor) =>
        feeding(conv2d({ name, filters: 3, kernelSize: 1 }), from)
      const stem = point('stem', inputs)
      const joined = feeding(concatenate(), point('a', inputs), point('b', stem), point('c', stem), inputs)
      const stock = stir(tfl.model({ inputs, outputs: ended(joined) }))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(model.net.body.layers[0]).toMatchObject({
        branches: [{ name: 'a' }, { layers: [{ name: 'stem' }, { branches: [{}, {}] }] }, { layers: [] }],
      })
    }))

  test('names that would collide are numbered', () =>
    inFolder(async folder => {
      const layer = (name: string) => conv2d({ name, filters: 2, kernelSize: 1 })
      const inputs = fedImage()
      const inner = ['x/a', 'y', 'x/b', 'x.a'].reduce(
        (x, name) => layer(name).apply(x) as tfl.SymbolicTensor,
        inputs,
      )
      await save(tfl.model({ inputs, outputs: ended(inner) }), folder)
      const { net } = await run(readKerasModel(folder))
      expect(net.body.layers.map(({ name }) => name).slice(0, 4)).toEqual(['x', 'y', 'x_2', 'a'])
    }))

  test('a sequential model gives the logits before its softmax; a padding layer becomes padding', () =>
    inFolder(async folder => {
      const stock = stir(
        tfl.sequential({
          layers: [
            tfl.layers.zeroPadding2d({ padding: 2, inputShape: [7, 6, 2] }),
            conv2d({ filters: 3, kernelSize: 5, strides: 2, activation: 'relu' }),
            tfl.layers.averagePooling2d({ poolSize: 2 }),
            tfl.layers.globalAveragePooling2d({}),
            dense({ units: 4, activation: 'softmax' }),
          ],
        }),
      )
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      const logits = tf.tensor(Float32Array.from(logitsOf(model, images, 2)), [2, 4])
      expect(model.net.body.layers[0]).toMatchObject({ _tag: 'conv', padding: 2 })
      expect(apart(answered(stock, model, images, 2), tf.softmax(logits).dataSync())).toBeLessThan(tolerance)
    }))
})

const fedImage = (): tfl.SymbolicTensor => tfl.input({ shape: [6, 6, 2], name: 'images' })

const ended = (x: unknown): tfl.SymbolicTensor =>
  dense({ units: 2 }).apply(flatten().apply(x as tfl.SymbolicTensor)) as tfl.SymbolicTensor

/** A stock model of one odd layer between its ends. */
const around = (layer: { readonly apply: (x: tfl.SymbolicTensor) => unknown }): tfl.LayersModel => {
  const inputs = fedImage()
  return tfl.model({ inputs, outputs: ended(layer.apply(inputs)) })
}

/** A stock layer that is called with nothing but an input. */
type Called = { readonly apply: (x: tfl.SymbolicTensor) => unknown }

const inSeries = (...layers: readonly Called[]): Called => ({
  apply: x => layers.reduce((now, layer) => layer.apply(now) as tfl.SymbolicTensor, x),
})

const zeros = (padding: [[number, number], [number, number]]): Called => tfl.layers.zeroPadding2d({ padding })

/** A block with a squeeze-and-excitation gate. */
const gated: Called = {
  apply: x => {
    const squeezed = inSeries(
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.reshape({ targetShape: [1, 1, 2] }),
      conv2d({ filters: 3, kernelSize: 1, activation: 'relu' }),
      conv2d({ filters: 2, kernelSize: 1, activation: 'sigmoid' }),
    ).apply(x)
    return tfl.layers.multiply().apply([x, squeezed as tfl.SymbolicTensor])
  },
}

/** A channelwise convolution of a map of 1×1. */
const factored: Called = inSeries(
  tfl.layers.globalAveragePooling2d({}),
  tfl.layers.reshape({ targetShape: [1, 1, 2] }),
  tfl.layers.depthwiseConv2d({ kernelSize: 1, useBias: false, activation: 'tanh' }),
)

describe('a layer of a stock model keeps its outputs', () => {
  const { conv2d, maxPooling2d, averagePooling2d, separableConv2d } = tfl.layers
  test.for<readonly [what: string, layer: Called]>([
    ['a kernel of two sides', conv2d({ filters: 2, kernelSize: [1, 3], strides: [2, 1] })],
    ['a pool of two sides', maxPooling2d({ poolSize: [3, 2], strides: [1, 2], padding: 'same' })],
    ['ELU', conv2d({ filters: 2, kernelSize: 3, activation: 'elu' })],
    ['leaky ReLU', tfl.layers.leakyReLU({ alpha: 0.1 })],
    [
      'zeros on two sides',
      inSeries(
        zeros([
          [0, 1],
          [0, 2],
        ]),
        conv2d({ filters: 2, kernelSize: 3 }),
      ),
    ],
    [
      'zeros before a convolution that pads',
      inSeries(
        zeros([
          [1, 0],
          [0, 0],
        ]),
        conv2d({ filters: 2, kernelSize: 3, padding: 'same' }),
      ),
    ],
    [
      'zeros before a maximum',
      inSeries(
        zeros([
          [1, 1],
          [1, 1],
        ]),
        maxPooling2d({ poolSize: 3, strides: 2 }),
      ),
    ],
    [
      'zeros before a maximum of positive values',
      inSeries(
        reLU(),
        zeros([
          [1, 1],
          [1, 1],
        ]),
        maxPooling2d({ poolSize: 3, strides: 2 }),
      ),
    ],
    [
      'zeros before an average',
      inSeries(
        zeros([
          [1, 0],
          [0, 1],
        ]),
        averagePooling2d({ poolSize: 3, strides: 1 }),
      ),
    ],
    [
      'zeros twice, and at the end',
      inSeries(
        zeros([
          [1, 0],
          [0, 1],
        ]),
        zeros([
          [0, 2],
          [0, 0],
        ]),
      ),
    ],
    ['separable convolutions', separableConv2d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' })],
    [
      'the largest value',
      inSeries(tfl.layers.globalMaxPooling2d({}), tfl.layers.reshape({ targetShape: [1, 1, 2] })),
    ],
    ['a dense layer at every position', dense({ units: 3, activation: 'tanh' })],
    ['layer norm', tfl.layers.layerNormalization({ axis: -1 })],
    ['a gate', gated],
    ['a factor a channel of a vector', factored],
  ])('%s', ([, layer]) =>
    inFolder(async folder => {
      const stock = stir(around(layer))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2).map(pixel => pixel - 0.5)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
    }),
  )
})

const refused = (model: tfl.LayersModel) =>
  inFolder(async folder => {
    await save(model, folder)
    return left(await readKerasModel(folder)())
  })

describe('an unsupported LayersModel is refused by name', () => {
  test('an unsupported class', async () => {
    expect(await refused(around(tfl.layers.upSampling2d({ name: 'up/here' })))).toMatchObject({
      _tag: 'UnknownLayer',
      at: 'up/here',
      className: 'UpSampling2D',
    })
  })

  test.for([
    [tfl.layers.conv2d({ name: 'odd', filters: 2, kernelSize: 3, dilationRate: [1, 2] }), 'dilation_rate'],
    [tfl.layers.activation({ name: 'odd', activation: 'hardSigmoid' }), 'activation'],
    [tfl.layers.reshape({ name: 'odd', targetShape: [3, 12, 2] }), 'target_shape'],
    [tfl.layers.depthwiseConv2d({ name: 'odd', kernelSize: 3, depthMultiplier: 2 }), 'depth_multiplier'],
    [tfl.layers.activation({ name: 'odd', activation: 'softmax' }), 'activation'],
    [tfl.layers.batchNormalization({ name: 'odd', axis: 1 }), 'axis'],
  ] as const)('an unsupported option: %s', async ([layer, at]) => {
    expect(await refused(around(layer))).toMatchObject({ _tag: 'LayerDiffers', at: 'odd', fault: { at } })
  })

  test('a layer used twice', async () => {
    const inputs = fedImage()
    const twice = conv2d({ name: 'twice', filters: 2, kernelSize: 3, padding: 'same' })
    const outputs = ended(twice.apply(twice.apply(inputs)))
    expect(await refused(tfl.model({ inputs, outputs }))).toMatchObject({
      _tag: 'NotATree',
      at: 'twice',
      reason: 'shared',
    })
  })

  test('crossing branches', async () => {
    const inputs = fedImage()
    const point = (name: string, x: unknown) =>
      conv2d({ name, filters: 2, kernelSize: 1 }).apply(x as tfl.SymbolicTensor) as tfl.SymbolicTensor
    const [a, b] = [point('a', inputs), point('b', inputs)]
    const both = add().apply([a, b]) as tfl.SymbolicTensor
    const outputs = ended(concatenate().apply([a, both]))
    expect(await refused(tfl.model({ inputs, outputs }))).toMatchObject({
      _tag: 'NotATree',
      at: 'a',
      reason: 'crossing',
    })
  })
})

interface Spec {
  name: string
  shape: number[]
  dtype: string
  quantization?: unknown
}

/** What `change` makes of a good export's files. */
const spoilt = (change: (folder: string, group: { paths: string[]; weights: Spec[] }) => void) =>
  inFolder(async outside => {
    const folder = join(outside, 'model')
    mkdirSync(folder)
    await run(exportModel({ to: 'layers', folder })(models.residual))
    const file = join(folder, 'model.json')
    const json = JSON.parse(readFileSync(file, 'utf8'))
    change(folder, json.weightsManifest[0])
    writeFileSync(file, JSON.stringify(json))
    return left(await readKerasModel(folder)())
  })

const shard = 'group1-shard1of1.bin'

describe('messages say what is not supported, where, and what to try', () => {
  const plain = (shape: (number | null)[] = [6, 6, 2]) => {
    const inputs = tfl.input({ shape, name: 'images' })
    const map = conv2d({ name: 'c', filters: 2, kernelSize: 3 }).apply(inputs)
    const vector = tfl.layers.globalAveragePooling2d({ name: 'g' }).apply(map)
    return tfl.model({ inputs, outputs: dense({ name: 'd', units: 2 }).apply(vector) as tfl.SymbolicTensor })
  }
  const layersOf = ({ modelTopology }: LayersJson): LayerJson[] => modelTopology?.config.layers ?? []
  const weightsOf = ({ weightsManifest }: LayersJson): Spec[] => weightsManifest?.[0]?.weights ?? []
  const keras3: Edit = json => {
    for (const layer of layersOf(json).slice(1)) layer.inbound_nodes = [{ args: ['images'], kwargs: {} }]
  }
  const twice = () => {
    const inputs = fedImage()
    const relu = reLU({ name: 'r' })
    const apply = (x: unknown) => relu.apply(x as tfl.SymbolicTensor)
    return tfl.model({ inputs, outputs: ended(apply(apply(inputs))) })
  }

  test.for<readonly [what: string, make: () => tfl.LayersModel, edit: Edit, ...said: readonly string[]]>([
    [
      'any size',
      () => plain([null, null, 2]),
      () => undefined,
      'layer images (InputLayer), batch_input_shape: expected [null, height, width, channels], got [null,null,null,2]; try ',
    ],
    ['a layer used twice', twice, () => undefined, 'layer r: expected one use, got several; try '],
    [
      'an unknown class',
      () => around(tfl.layers.upSampling2d({ name: 'up' })),
      () => undefined,
      'layer up: expected a supported class, got UpSampling2D; try one of Activation, Add, ',
    ],
    [
      'a class called like what every object has',
      plain,
      json => {
        for (const layer of layersOf(json).slice(1, 2)) layer.class_name = 'toString'
      },
      'layer c: expected a supported class, got toString; try one of Activation, Add, ',
    ],
    [
      'a call with a text',
      plain,
      keras3,
      'layer c (Conv2D), inbound_nodes: expected [[[layer, 0, 0, {}], …]] or [{ args, kwargs }], got {"args":["images"],"kwargs":{}}; try a model that has it, since other values are not supported',
    ],
    [
      'weights named otherwise',
      plain,
      json => {
        for (const spec of weightsOf(json)) spec.name = `model/${spec.name}`
      },
      'weights: expected c/kernel, 3×3×2×2, got model/c/kernel, model/d/kernel; try ',
    ],
    [
      'weights quantised otherwise',
      plain,
      json => {
        for (const spec of weightsOf(json)) spec.quantization = { dtype: 'int4', min: 0, scale: 1 }
      },
      'weight c/kernel: expected float32, or numbers quantised to float16, uint8 or uint16, got int4; try ',
    ],
    [
      'weights alone',
      plain,
      json => {
        delete json.modelTopology
      },
      'model.json: expected a model as',
      'got a file without modelTopology; try ',
    ],
    [
      'a GraphModel',
      plain,
      json => {
        json.format = 'graph-model'
      },
      'got a GraphModel, which has operations and no layers; try ',
    ],
  ])('%s', ([, make, edit, ...said]) =>
    inFolder(async folder => {
      await save(make(), folder, edit)
      const line = renderMessage(left(await readKerasModel(folder)()))
      for (const each of said) expect(line).toContain(each)
      expect(line).not.toMatch(/undefined|UnknownRecord|Readonly|\n/)
    }),
  )

  test.for([
    [
      'weights.keras',
      'PK\x03\x04\0\0\x08\x08weights/data.pkl',
      'got a pickle (.pt, .pth), which is never opened; try ',
    ],
    ['old.bin', '\x80\x02\x8a', 'got a pickle (.pt, .pth), which is never opened; try '],
    ['m.pth', 'x', 'got a pickle (.pt, .pth), which is never opened; try '],
    ['m.bin', '\x1c\0\0\0TFL3', 'got a TensorFlow Lite model'],
  ])(
    'a format of others is told by its first bytes, or its name: %s',
    ([name = '', content = '', said = '']) =>
      inFolder(async folder => {
        writeFileSync(join(folder, name), Buffer.from(content, 'latin1'))
        expect(renderMessage(left(await readKerasModel(join(folder, name))()))).toContain(said)
      }),
  )

  test.for([
    ['m.keras', 'expected a whole zip archive, as model.save writes it, got '],
    ['m.h5', 'expected readable HDF5, got '],
    [
      'm.onnx',
      'expected a model as FILE.keras, FILE.h5, FILE.onnx or the folder of a model.json, got an ONNX model',
    ],
    [
      'm.txt',
      'expected a model as FILE.keras, FILE.h5, FILE.onnx or the folder of a model.json, got another file; try ',
    ],
  ])('a file of another format, or damaged: %s', ([name = '', said = '']) =>
    inFolder(async folder => {
      writeFileSync(join(folder, name), 'x')
      const line = renderMessage(left(await readKerasModel(join(folder, name))()))
      expect(line).toContain(`${name}: ${said}`)
    }),
  )

  test('a folder without model.json; model.json itself stands for its folder', () =>
    inFolder(async folder => {
      expect(renderMessage(left(await readKerasModel(folder)()))).toContain(
        'got a folder without model.json; try ',
      )
      await save(plain(), folder)
      expect((await run(readKerasModel(join(folder, 'model.json')))).net.body.layers.length).toBe(3)
    }))
})

describe('bad files are refused before they are read', () => {
  test('a shard of the wrong size', async () => {
    const error = await spoilt(folder => truncateSync(join(folder, shard), 100))
    expect(error).toMatchObject({ _tag: 'WrongBytes', got: 100, files: [expect.stringContaining(shard)] })
  })

  test('excessive sizes', async () => {
    const error = await spoilt((_, { weights }) =>
      weights.push({ name: 'x', shape: [1e9, 1e9], dtype: 'float32' }),
    )
    expect(error).toMatchObject({ _tag: 'WrongBytes' })
  })

  test.for(['../secret.bin', '/etc/hostname', '..'])('a path outside the folder: %s', async path => {
    const error = await spoilt((folder, group) => {
      writeFileSync(join(folder, '..', 'secret.bin'), readFileSync(join(folder, shard)))
      group.paths = [path]
    })
    expect(error).toMatchObject({ _tag: 'PathLeaves', path })
  })

  test('a link outside the folder', async () => {
    const error = await spoilt((folder, group) => {
      writeFileSync(join(folder, '..', 'secret.bin'), readFileSync(join(folder, shard)))
      symlinkSync(join(folder, '..', 'secret.bin'), join(folder, 'link.bin'))
      group.paths = ['link.bin']
    })
    expect(error).toMatchObject({ _tag: 'PathLeaves', path: 'link.bin' })
  })

  test('a missing shard', async () => {
    const error = await spoilt((_, group) => {
      group.paths = ['gone.bin']
    })
    expect(error).toMatchObject({ _tag: 'FileMissing', file: expect.stringContaining('gone.bin') })
  })

  test('a weight of the wrong shape, and a missing one', async () => {
    const swapped = await spoilt((_, { weights: [first] }) => first?.shape.reverse())
    expect(swapped).toMatchObject({ _tag: 'WrongWeight', key: 'conv/kernel', got: [8, 3, 3, 3] })
    const missing = await spoilt((_, { weights: [first] }) =>
      Object.assign(first ?? {}, { name: 'other/kernel' }),
    )
    expect(missing).toMatchObject({ _tag: 'WeightMissing', name: 'conv/kernel' })
  })

  test('weights of the wrong type, quantised ones, and NaN', async () => {
    const typed = await spoilt((_, { weights: [first] }) => Object.assign(first ?? {}, { dtype: 'int32' }))
    expect(typed).toMatchObject({ _tag: 'WeightDiffers', name: 'conv/kernel', got: 'int32' })
    const quantized = await spoilt((_, { weights: [first] }) =>
      Object.assign(first ?? {}, { quantization: {} }),
    )
    expect(quantized).toMatchObject({ _tag: 'WeightDiffers', name: 'conv/kernel' })
    const broken = await spoilt(folder => {
      const bytes = readFileSync(join(folder, shard))
      bytes.writeFloatLE(Number.NaN, 8)
      writeFileSync(join(folder, shard), bytes)
    })
    expect(broken).toMatchObject({ _tag: 'NotFiniteWeight', key: 'conv/kernel', index: 2 })
  })

  test('a malformed model, and a cycle', () =>
    inFolder(async folder => {
      const file = join(folder, 'model.json')
      writeFileSync(file, '{')
      expect(left(await readKerasModel(folder)())).toMatchObject({ _tag: 'BadFile', file })
      const layer = (name: string, from: string) => ({
        class_name: 'Flatten',
        config: { name },
        inbound_nodes: [[[from, 0, 0]]],
      })
      const input = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 2, 2, 1] } }
      const circle = (layers: readonly unknown[]) => ({
        modelTopology: {
          class_name: 'Model',
          config: { layers, input_layers: [['in', 0, 0]], output_layers: [['a', 0, 0]] },
        },
        weightsManifest: [],
      })
      writeFileSync(file, JSON.stringify(circle([input, layer('a', 'b'), layer('b', 'a')])))
      expect(left(await readKerasModel(folder)())).toMatchObject({ _tag: 'NotATree', reason: 'circle' })
      writeFileSync(file, JSON.stringify(circle([input, layer('a', 'nowhere')])))
      expect(left(await readKerasModel(folder)())).toMatchObject({
        _tag: 'NotATree',
        at: 'nowhere',
        reason: 'unknown input',
      })
    }))
})
