/** Models as modules of PyTorch: their text, their state, and what PyTorch computes by them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { type Input, inputs } from '../../src/convert/input.js'
import { submoduleNames } from '../../src/convert/pytorch/names.js'
import { toPyTorch } from '../../src/convert/pytorch/pytorch.js'
import type { Preprocessing } from '../../src/data/preprocessing.js'
import { elementAt } from '../../src/io/element.js'
import { countParams } from '../../src/net/counts.js'
import type { Model } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { concat, net, residual, stack } from '../../src/net/words/combinators.js'
import { avgPool, conv, convBnAct, dense, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { arbitraryModel, fedWith, modelOf } from '../support/nets/arbitrary.js'
import { apart, imagesFor, inFolder, logitsOf, models, run, tolerance } from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'

/** Each name is one that Python, or a module of PyTorch, needs for itself. */
const names = modelOf(2)(
  net(
    'Net"""\\',
    image(6, 5, 2),
    conv(3, 3, { name: 'class' }),
    conv(3, 1, { name: 'forward' }),
    stack('3x3', conv(3, 1, { name: 'train' }), conv(3, 1, { name: 'train_' }), conv(3, 1, { name: 'a-b' })),
    concat('_modules', conv(2, 1, { name: 'keys' }), conv(2, 1, { name: 'update' })),
    residual('self', { ...relu, name: 'body' }, { shortcut: conv(4, 1, { name: 'shortcut' }) }),
    globalAvgPool,
    dense(2, { name: 'is' }),
  ),
)

/** Padding that PyTorch's own layers have, and padding that they lack. */
const paddings = modelOf(4)(
  net(
    'paddings',
    image(13, 12, 3),
    conv(4, 3, { padding: [0, 1, 2, 0] }),
    maxPool(3, { stride: 1, padding: [0, 2, 1, 1] }),
    maxPool(3, { stride: 1, padding: 1 }),
    avgPool(3, { stride: 1, padding: 2 }),
    avgPool([3, 2], { stride: [1, 2], padding: [1, 0, 0, 1], countPadding: true }),
    avgPool(3, { stride: 2, padding: 1, countPadding: true }),
    avgPool(2, { padding: [0, 1, 1, 0] }),
    globalAvgPool,
    dense(3),
  ),
)

/** PyTorch's side: every folder's module, in evaluation mode, and once while it trains. */
const script = `
import importlib.util, json, os, sys
import torch
from torch import nn
torch.set_num_threads(1)

def answer(folder, shape):
    spec = importlib.util.spec_from_file_location('model', os.path.join(folder, 'model.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net = module.load()
    images = torch.frombuffer(bytearray(open(os.path.join(folder, 'images'), 'rb').read()), dtype=torch.float32)
    images = images.reshape(shape).permute(0, 3, 1, 2)
    with torch.no_grad():
        logits = net(images)
        net.train()(images)
    return {
        'logits': logits.flatten().tolist(),
        'parameters': sum(each.numel() for each in net.parameters()),
        'classes': getattr(module, 'CLASSES', None),
        'attributes': [name for each in (nn.Sequential(), nn.ModuleDict()) for name in dir(each)],
    }

print(json.dumps([answer(*each) for each in json.load(open(sys.argv[1]))]))
`

interface Answer {
  readonly logits: readonly number[]
  readonly parameters: number
  readonly classes: readonly string[] | null
  readonly attributes: readonly string[]
}

/** A model, and how it is exported and fed. */
interface Question {
  readonly model: Model
  readonly images: Float32Array
  readonly preprocessing?: Preprocessing
  readonly input?: Input
}

const count = 3

/** What PyTorch answers, by one process for all. */
const askTorch = (questions: readonly Question[]): Promise<readonly Answer[]> =>
  inFolder(async folder => {
    const asked: (readonly [string, readonly number[]])[] = []
    for (const [nth, { model, images, ...serving }] of questions.entries()) {
      const out = join(folder, `${nth}`)
      await run(exportModel({ to: 'pytorch', folder: out, ...serving })(model))
      writeFileSync(join(out, 'images'), images)
      asked.push([out, [count, ...model.net.input]])
    }
    const list = join(folder, 'asked.json')
    writeFileSync(list, JSON.stringify(asked))
    return JSON.parse(runPython(script, list))
  })

const plain = (model: Model): Question => ({ model, images: imagesFor(model, count) })

const [mean, deviation] = [
  [0.48, 0.1, 0.9],
  [0.25, 0.3, 0.08],
]

const preprocessing: Preprocessing = {
  size: models.residual.net.input,
  resize: { height: 12, width: 12, fit: 'cover' },
  mean,
  deviation,
  classes: Array.from({ length: 7 }, (_, nth) => `class "${nth}"\n`),
}

const raw = fedWith(5, 'pixels', [count, ...preprocessing.size]).map(value => Math.floor(128 + 128 * value))

const pixels: Readonly<Record<Input, Float32Array>> = {
  raw,
  unit: raw.map(value => value / 255),
  normalised: raw.map((value, i) => (value / 255 - (mean[i % 3] ?? 0)) / (deviation[i % 3] ?? 1)),
}

const torch = hasModule('torch') && hasModule('safetensors')

describe.skipIf(!torch)('a model in PyTorch (wants ESPALIER_PYTHON with torch and safetensors)', () => {
  const random = torch ? fc.sample(arbitraryModel({ dropout: true }), { numRuns: 100, seed: 1 }) : []
  const asked = [...Object.values(models), names, paddings, ...random]
  const served = inputs.map(input => ({
    model: models.residual,
    images: pixels[input],
    preprocessing,
    input,
  }))
  let answers: readonly Answer[] = []

  beforeAll(async () => {
    answers = await askTorch([...served, ...asked.map(plain)])
  }, 60_000)

  test('computes what it computes here, and has as many parameters', () => {
    for (const [nth, model] of asked.entries()) {
      const { logits, parameters } = elementAt(answers, served.length + nth)
      const context = JSON.stringify(model.net)
      const expected = logitsOf(model, imagesFor(model, count), count)
      expect(apart(expected, logits), context).toBeLessThan(tolerance)
      expect(parameters, context).toBe(countParams(model))
    }
  })

  test('takes pixels, normalises them itself, and names its classes', () => {
    const expected = logitsOf(models.residual, pixels.normalised, count)
    for (const { logits, classes } of answers.slice(0, served.length)) {
      expect(classes).toEqual(preprocessing.classes)
      expect(apart(expected, logits)).toBeLessThan(tolerance)
    }
  })

  test('no attribute of a module becomes the name of a layer', () => {
    const { attributes } = elementAt(answers, 0)
    expect(attributes.filter(name => submoduleNames([name])[0] === name)).toEqual([])
  })
})

const sourceOf = (model: Model): string => new TextDecoder().decode(toPyTorch(model)[0]?.bytes)

test('the text is that of the net, a layer a line', () => {
  const model = modelOf(1)(
    net(
      'small',
      image(8, 8, 3),
      convBnAct(4, 3, { stride: 2, norm: { momentum: 0.99, epsilon: 1e-3 } }),
      residual('block', stack('body', convBnAct(4, 3), conv(4, 1)), { activation: 'relu' }),
      globalAvgPool,
      dense(2),
    ),
  )
  expect(sourceOf(model)).toContain(`
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = stack(
            conv=stack(
                pad=nn.ZeroPad2d((0, 1, 0, 1)),
                conv=nn.Conv2d(3, 4, 3, stride=2, bias=False),
                norm=nn.BatchNorm2d(4, eps=0.001, momentum=0.01),
                relu=nn.ReLU(),
            ),
            block=Residual(
                body=stack(
                    conv=stack(
                        conv=nn.Conv2d(4, 4, 3, padding=1, bias=False),
                        norm=nn.BatchNorm2d(4),
                        relu=nn.ReLU(),
                    ),
                    conv2=nn.Conv2d(4, 4, 1),
                ),
                activation=nn.ReLU(),
            ),
            globalAvgPool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            dense=nn.Linear(4, 2),
        )

    def forward(self, images):
        return self.layers(images)
`)
})

test('a text defines the helpers that it uses, and imports what they use', () => {
  const text = sourceOf(models.residual)
  expect(text).toContain('class Residual(')
  expect(text).not.toMatch(/class (Concat|Gate|DropPath)|import torch\n|as F/)
  expect(sourceOf(paddings)).toMatch(/import torch\n.*as F\n.*class PaddedAvgPool/s)
})
