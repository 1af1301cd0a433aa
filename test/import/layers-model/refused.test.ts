/** What is not supported is refused by name, with what to try. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { readKerasModel } from '../../../src/convert/keras/import/read.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { inFolder, left, run } from '../../support/programs/exported.js'
import {
  around,
  type Edit,
  ended,
  fedImage,
  type LayerJson,
  type LayersJson,
  type Spec,
  save,
} from './stock-models.js'

const { conv2d, dense, reLU, add, concatenate } = tfl.layers

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
