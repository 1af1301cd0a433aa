/** Layers that tfjs lacks, or has otherwise, as PyTorch has them: their output, and the gradient of their input. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { differentiate } from '../../../src/graph/differentiate.js'
import { lower } from '../../../src/graph/lower.js'
import * as op from '../../../src/graph/operations.js'
import type { Activation } from '../../../src/net/activation.js'
import type { Layer } from '../../../src/net/tree.js'
import { withName } from '../../../src/net/words/combinators.js'
import {
  avgPool,
  conv,
  convBnAct,
  depthwise,
  globalMaxPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
} from '../../../src/net/words/leaves.js'
import type { SomeWord } from '../../../src/net/words/types.js'
import { apart } from '../../support/nets/agree.js'
import { fedWith, modelOf } from '../../support/nets/arbitrary.js'
import { evaluate } from '../../support/nets/reference.js'
import { hasModule, runPython } from '../../support/programs/python.js'
import { scratch } from '../../support/scratch.js'

const torch = hasModule('torch')
if (!torch) console.warn('skipped: ESPALIER_PYTHON names no Python with torch')

const activated = (activation: Activation): SomeWord => conv(4, 1, { activation, bias: false, name: 'layer' })

/** Each word, and the same in Python: of x and the weights of the layer. */
const cases: Readonly<Record<string, readonly [word: SomeWord, python: string]>> = {
  hardSwish: [activated('hardSwish'), 'F.hardswish(F.conv2d(x, kernel))'],
  hardSigmoid: [activated('hardSigmoid'), 'F.hardsigmoid(F.conv2d(x, kernel))'],
  elu: [activated('elu'), 'F.elu(F.conv2d(x, kernel))'],
  gelu: [activated('gelu'), 'F.gelu(F.conv2d(x, kernel))'],
  geluTanh: [activated('geluTanh'), "F.gelu(F.conv2d(x, kernel), approximate='tanh')"],
  leakyRelu: [activated({ _tag: 'leakyRelu', slope: 0.2 }), 'F.leaky_relu(F.conv2d(x, kernel), 0.2)'],
  'a rectangle': [
    conv(3, [1, 3], { stride: [2, 1], bias: false }),
    'F.conv2d(F.pad(x, (1, 1)), kernel, stride=(2, 1))',
  ],
  'uneven padding': [
    conv(3, 3, { stride: 2, padding: [0, 1, 2, 0], bias: false }),
    'F.conv2d(F.pad(x, (2, 0, 0, 1)), kernel, stride=2)',
  ],
  'a depthwise rectangle': [
    depthwise([3, 2], { stride: [1, 2], padding: [1, 0, 0, 1], bias: false }),
    'F.conv2d(F.pad(x, (0, 1, 1, 0)), kernel.transpose(0, 1), stride=(1, 2), groups=4)',
  ],
  'a padded maximum': [maxPool(3, { stride: 2, padding: 1 }), 'F.max_pool2d(x, 3, 2, 1)'],
  'a padded rectangle of maxima': [
    maxPool([2, 3], { stride: [1, 2], padding: [1, 1, 0, 0] }),
    'F.max_pool2d(x, (2, 3), (1, 2), (1, 0))',
  ],
  'a padded mean': [
    avgPool(3, { stride: 2, padding: 1 }),
    'F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)',
  ],
  'a mean that counts padding': [
    avgPool(3, { stride: 2, padding: 1, countPadding: true }),
    'F.avg_pool2d(x, 3, 2, 1, count_include_pad=True)',
  ],
  globalMaxPool: [globalMaxPool, 'x.amax((2, 3))'],
  layerNorm: [
    layerNorm({ epsilon: 1e-3 }),
    'F.layer_norm(x.permute(0, 2, 3, 1), (4,), scale, shift, 1e-3).permute(0, 3, 1, 2)',
  ],
  layerScale: [layerScale(0.5), 'x * scale.reshape(1, -1, 1, 1)'],
  'a unit': [
    convBnAct(3, [3, 1], { activation: 'hardSwish', norm: { epsilon: 1e-3 } }),
    'F.hardswish(F.batch_norm(F.conv2d(x, kernel, padding=(1, 0)), mean, variance, scale, shift, eps=1e-3))',
  ],
}

const [batch, shape] = [2, image(6, 5, 4)]

const modelFor = (word: SomeWord) => {
  const layer: Layer = withName('layer', word)
  const tail: readonly Layer[] = layer._tag === 'globalMaxPool' ? [] : [{ _tag: 'flatten', name: 'flatten' }]
  return modelOf(3)({
    _tag: 'net',
    name: 'n',
    input: shape,
    body: { _tag: 'stack', name: '', layers: [layer, ...tail] },
  })
}

/** Wide enough that every piece of each activation is met. */
const images = fedWith(1, 'images', [batch, ...shape]).map(value => 6 * value)

const script = `
import json, sys
import torch
import torch.nn.functional as F
torch.set_default_dtype(torch.float64)
given = json.load(open(sys.argv[1]))

def told(code, weights):
    names = {key.split('/')[-1]: torch.tensor(data).reshape(shape) for key, (shape, data) in weights.items()}
    if 'kernel' in names:
        names['kernel'] = names['kernel'].permute(3, 2, 0, 1)
    x = torch.tensor(given['images']).reshape(given['shape']).permute(0, 3, 1, 2).contiguous().requires_grad_()
    y = eval(code, {'F': F, 'x': x, **names})
    y = y.permute(0, 2, 3, 1) if y.dim() == 4 else y
    weighing = torch.sin(torch.arange(y.numel())).reshape(y.shape)
    (y * weighing).sum().backward()
    return {'y': y.flatten().tolist(), 'dx': x.grad.permute(0, 2, 3, 1).flatten().tolist()}

print(json.dumps({name: told(code, weights) for name, (code, weights) in given['cases'].items()}))
`

const byTorch = (): Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> => {
  const file = join(scratch(), 'given.json')
  const given = Object.entries(cases).map(([name, [word, code]]) => {
    const weights = Object.entries(modelFor(word).weights).map(([key, { shape, data }]) => [
      key,
      [shape, [...data]],
    ])
    return [name, [code, Object.fromEntries(weights)]]
  })
  writeFileSync(
    file,
    JSON.stringify({ images: [...images], shape: [batch, ...shape], cases: Object.fromEntries(given) }),
  )
  return JSON.parse(runPython(script, file))
}

const expected = torch ? byTorch() : {}

test.runIf(torch).each(Object.entries(cases))('%s', (name, [word]) => {
  const model = modelFor(word)
  const { logits, images: x } = lower({ batch, mode: 'inference' })(model)
  const weighing = op.input('weighing', logits.shape)
  const [dx = x] = differentiate()(logits, [x], weighing)
  const size = logits.shape.reduce((product, side) => product * side, 1)
  const { outputs } = evaluate(
    { outputs: { y: logits, dx }, updates: [] },
    { images, weighing: Float64Array.from({ length: size }, (_, i) => Math.sin(i)) },
    Object.fromEntries(Object.entries(model.weights).map(([key, { data }]) => [key, data])),
  )
  expect(
    apart(
      outputs,
      Object.fromEntries(
        Object.entries(expected[name] ?? {}).map(([key, values]) => [key, Float64Array.from(values)]),
      ),
    ),
  ).toBeLessThan(1e-6)
})
