/** The papers' trace as PyTorch has it: its own reverse pass, but for a rectifier that rectifies the signal. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Batch } from '../../../src/data/pipeline/batches.js'
import { measureUtilities } from '../../../src/learn/criteria/evidence.js'
import { traces, traceUtilities } from '../../../src/learn/criteria/trace.js'
import { concat, net, stack } from '../../../src/net/words/combinators.js'
import {
  convBnAct,
  defaultNorm,
  dense,
  globalAvgPool,
  image,
  maxPool,
} from '../../../src/net/words/leaves.js'
import { available } from '../../support/engines.js'
import { fedWith, modelOf } from '../../support/nets/arbitrary.js'
import { hasModule, runPython } from '../../support/programs/python.js'
import { scratch, succeed } from '../../support/scratch.js'

const torch = hasModule('torch')
if (!torch) console.warn('skipped: ESPALIER_PYTHON names no Python with torch')

const engines = await available()

const model = modelOf(11)(
  net(
    'traced',
    image(8, 8, 2),
    convBnAct(4),
    convBnAct(5, 1),
    maxPool(2),
    concat('module', convBnAct(3, 1), stack('three', convBnAct(3, 1), convBnAct(4))),
    globalAvgPool,
    dense(3),
  ),
)

const [batch, kept] = [6, [0, 2, 3, 5]]
const images = fedWith(0, 'images', [batch, 8, 8, 2])

const script = `
import json, sys
import torch
import torch.nn.functional as F
torch.set_default_dtype(torch.float64)
given = json.load(open(sys.argv[1]))
weight = {key: torch.tensor(data).reshape(shape) for key, (shape, data) in given['weights'].items()}

class Rectifier(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.clamp(min=0)
    @staticmethod
    def backward(context, signal):
        return signal.clamp(min=0)

units = {}
def unit(x, path):
    kernel = weight[path + '/kernel'].permute(3, 2, 0, 1)
    y = F.conv2d(x, kernel, padding=kernel.shape[-1] // 2)
    y = F.batch_norm(y, *(weight[path + '/' + slot] for slot in ['mean', 'variance', 'scale', 'shift']), eps=given['epsilon'])
    units[path] = Rectifier.apply(y)
    units[path].retain_grad()
    return units[path]

x = torch.tensor(given['images']).reshape(given['shape']).permute(0, 3, 1, 2).requires_grad_()
x = F.max_pool2d(unit(unit(x, 'conv'), 'conv2'), 2)
x = torch.cat([unit(x, 'module/conv'), unit(unit(x, 'module/three/conv'), 'module/three/conv2')], 1)
features = x.mean((2, 3))
keep = torch.zeros(features.shape[1])
keep[given['kept']] = 1
features.backward(features.detach() * keep)
print(json.dumps({path: y.grad.mean(0).amax((1, 2)).tolist() for path, y in units.items()}))
`

/** By unit, one number a channel. */
const byTorch = (): Readonly<Record<string, readonly number[]>> => {
  const file = join(scratch(), 'given.json')
  const weights = Object.entries(model.weights).map(([key, { shape, data }]) => [key, [shape, [...data]]])
  writeFileSync(
    file,
    JSON.stringify({
      weights: Object.fromEntries(weights),
      images: [...images],
      shape: [batch, 8, 8, 2],
      kept,
      epsilon: defaultNorm.epsilon,
    }),
  )
  return JSON.parse(runPython(script, file))
}

const expected = torch ? byTorch() : {}

test.runIf(torch).each(engines)('deconvolution on %s', async (_, engine) => {
  const seen: Batch = {
    images,
    targets: new Float32Array(batch * 3),
    labels: new Int32Array(batch),
    size: batch,
  }
  const calibration = {
    engine,
    feed: { batches: 1, batchSize: batch, batch: async () => seen },
    batch,
    batches: 1,
  }
  const keep = () => kept
  const got = await succeed(
    measureUtilities(traces('deconvTrace', keep), traceUtilities('deconvTrace'))(calibration)(model),
  )
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort())
  for (const [path, values] of Object.entries(expected)) {
    const scale = Math.max(...values.map(Math.abs))
    values.forEach((value, channel) => {
      expect(Math.abs((got[path]?.[channel] ?? Number.NaN) - value)).toBeLessThan(1e-4 * scale)
    })
  }
})
