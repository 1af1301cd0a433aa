/** Units without batch norm: gradients of their gates, and fading. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import type { Engine } from '../../../src/engine/engine.js'
import { topologicalOrder, type Value } from '../../../src/graph/graph.js'
import { crossEntropy } from '../../../src/graph/loss.js'
import { lower } from '../../../src/graph/lower.js'
import * as op from '../../../src/graph/operations.js'
import { taylorUtilities } from '../../../src/learn/criteria/taylor.js'
import { measureTrace } from '../../../src/learn/criteria/trace.js'
import { fadedChannels, trackedUtilities } from '../../../src/learn/fade/fade.js'
import { fadeDefaults, pushDefaults } from '../../../src/learn/options.js'
import { pushCalls, pushFeeds } from '../../../src/learn/push/push.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { gradientsAndGates, weightGradients } from '../../../src/learn/training/train.js'
import { push } from '../../../src/learn/training/transforms.js'
import { countParams } from '../../../src/net/counts.js'
import type { Path } from '../../../src/net/path.js'
import { channelsOf, type Shape } from '../../../src/net/shape.js'
import { weightKey } from '../../../src/net/weight-specs.js'
import { init, type Model } from '../../../src/net/weights.js'
import { concat, net, residual, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, flatten, globalAvgPool, image, maxPool } from '../../../src/net/words/leaves.js'
import { bareUnits } from '../../../src/surgery/analysis/norms.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { carrySlots } from '../../../src/surgery/remap.js'
import { available, float64 } from '../../support/engines.js'
import { arbitraryModel, fedWith, modelOf } from '../../support/nets/arbitrary.js'
import { oneHot } from '../../support/nets/reference/arrays.js'
import { evaluate, type Given } from '../../support/nets/reference.js'
import { difference, forward, numbersOf, placed, right } from '../../support/nets/surgery.js'
import { tinyData } from '../../support/nets/tiny.js'
import { hasModule, runPython } from '../../support/programs/python.js'
import { scratch, succeed } from '../../support/scratch.js'

const engines = await available()
const dataset = tinyData()
const plain = { norm: false } as const

/** A net with all combinators and without batch norm: biases, a convolution without one, a hidden dense layer. */
const plainNet = net(
  'plain',
  image(6, 6, 1),
  convBnAct(6, 3, { ...plain, activation: null }),
  maxPool(2),
  concat(
    'module',
    convBnAct(3, 1, plain),
    stack('three', convBnAct(3, 1, { ...plain, bias: false }), convBnAct(4, 3, plain)),
  ),
  residual('sum', stack('body', convBnAct(5, 3, plain), convBnAct(7, 1, { ...plain, activation: null })), {
    activation: 'relu',
  }),
  flatten,
  dense(8, { activation: 'tanh' }),
  dense(3),
)

/** A convolution for the classes, and the mean of its map. */
const squeezed = net(
  'squeezed',
  image(6, 6, 1),
  convBnAct(6, 3, plain),
  stack('fire', convBnAct(3, 1, plain), concat('expand', convBnAct(4, 1, plain), convBnAct(4, 3, plain))),
  convBnAct(3, 1, { ...plain, name: 'classes' }),
  globalAvgPool,
)

/** Labels in turn. */
/** A value in which another stands in one's place. */
const substitute = (root: Value, old: Value, by: Value): Value => {
  const now = new Map<Value, Value>([[old, by]])
  for (const value of topologicalOrder([root]))
    if (!now.has(value))
      now.set(value, { ...value, inputs: value.inputs.map(input => now.get(input) ?? input) })
  return now.get(root) ?? root
}

const lossOf = (model: Model, batch = 2) => {
  const lowered = lower({ batch, mode: 'inference' })(model)
  return { lowered, loss: crossEntropy(lowered.logits, op.input('targets', lowered.logits.shape)) }
}

const feedsFor = ({ net: { input } }: Model, logits: Shape, batch = 2): Given => ({
  images: Float64Array.from(fedWith(5, 'images', [batch, ...input])),
  targets: oneHot(logits),
})

/** ∂loss/∂gate of one channel by finite differences, a true gate in the graph; null where a rectifier switches. */
const gateSlope = (model: Model, path: Path, channel: number): number | null => {
  const { lowered, loss } = lossOf(model)
  const output = lowered.at.get(path)
  if (output === undefined) throw new Error(path)
  const gated = substitute(loss, output, op.mul(output, op.input('gate', [channelsOf(output.shape)])))
  const at = (value: number): number => {
    const gate = Float64Array.from({ length: channelsOf(output.shape) }, (_, i) =>
      i === channel ? value : 1,
    )
    const feeds = { ...feedsFor(model, lowered.logits.shape), gate }
    return (
      evaluate({ outputs: { gated }, updates: [] }, feeds, numbersOf(model)).outputs.gated?.[0] ?? Number.NaN
    )
  }
  const h = 1e-5
  const [less, here, more] = [at(1 - h), at(1), at(1 + h)]
  return Math.abs(more + less - 2 * here) < 1e-5 * h ? (more - less) / (2 * h) : null
}

const models = fc.oneof(
  arbitraryModel(),
  fc.tuple(fc.constantFrom(plainNet, squeezed), fc.nat()).map(([each, seed]) => modelOf(seed)(each)),
)

test('a gate’s gradient is Σ output · gradient: that of a true gate by finite differences', () => {
  fc.assert(
    fc.property(models, model => {
      const { lowered, loss } = lossOf(model)
      const paths = bareUnits(placed(model.net))
      const outputs = Object.fromEntries(gradientsAndGates(lowered, loss, paths).gates)
      const got = evaluate({ outputs, updates: [] }, feedsFor(model, lowered.logits.shape), numbersOf(model))
      for (const path of paths.slice(0, 3)) {
        const expected = gateSlope(model, path, 0)
        if (expected === null) continue
        expect(Math.abs((got.outputs[path]?.[0] ?? Number.NaN) - expected)).toBeLessThan(
          1e-4 * Math.max(0.1, Math.abs(expected)),
        )
      }
    }),
    { numRuns: 30 },
  )
})

test('gates change no value and no other gradient, bit for bit', () => {
  fc.assert(
    fc.property(models, model => {
      const { lowered, loss } = lossOf(model)
      const asked = (gradients: ReturnType<typeof weightGradients>) => ({
        outputs: { loss, ...Object.fromEntries(gradients.map(({ key, gradient }) => [key, gradient])) },
        updates: [],
      })
      const feeds = feedsFor(model, lowered.logits.shape)
      const gated = gradientsAndGates(lowered, loss, bareUnits(placed(model.net))).weights
      expect(evaluate(asked(gated), feeds, numbersOf(model))).toEqual(
        evaluate(asked(weightGradients(lowered, loss)), feeds, numbersOf(model)),
      )
    }),
    { numRuns: 30 },
  )
})

test('every removable channel has a batch norm scale or a gate, none both', () => {
  fc.assert(
    fc.property(models, model => {
      const inferred = placed(model.net)
      for (const path of bareUnits(inferred)) expect(weightKey(path, 'scale') in model.weights).toBe(false)
      const everyNormed = [...inferred.layers.values()].every(
        ({ path, layer, output }) =>
          (layer._tag !== 'conv' && layer._tag !== 'dense') ||
          layer.norm !== null ||
          (path === 'head' && output.length === 1),
      )
      if (everyNormed) expect(bareUnits(inferred)).toEqual([])
    }),
    { numRuns: 50 },
  )
})

test('a push’s utilities are the effects on its own objective, and Taylor’s their root mean square', async () => {
  const given = modelOf(4)(plainNet)
  const batch = 2
  const feed = trainingFeed(dataset, { batch, seed: 0, augment: false })
  const utilities = await succeed(taylorUtilities({ engine: float64, feed, batch, batches: 1 })(given))
  const options = { ...pushDefaults, batchSize: batch, fade: { ...fadeDefaults, decay: 0 }, clipNorm: null }
  const { train } = right(pushCalls(options, batch, null)(given))
  const { images, targets } = await feed.batch(0, 0)
  const { variables } = evaluate(train, { images, targets, ...pushFeeds(options)(0, 10) }, numbersOf(given))
  const shown = trackedUtilities(
    Object.fromEntries(
      Object.entries(variables).map(([name, data]) => [
        name,
        { shape: [data.length], data: Float32Array.from(data) },
      ]),
    ),
  )
  expect(Object.keys(utilities).sort()).toEqual([...bareUnits(placed(plainNet))].sort())
  for (const [path, values] of Object.entries(utilities))
    Array.from(values).forEach((value, channel) => {
      expect(Math.abs((shown[path]?.[channel] ?? Number.NaN) - value)).toBeLessThan(
        1e-4 * Math.max(0.01, value),
      )
    })
})

test.each(['deconvTrace', 'discriminantTrace', 'gradientTrace'] as const)(
  '%s traces a linear convolution and its mean as the mean and a dense layer',
  async kind => {
    const trunk = [convBnAct(6, 3, plain), convBnAct(7, 3)] as const
    const end = convBnAct(3, 1, { ...plain, name: 'end', activation: null })
    const mapped = modelOf(2)(net('mapped', image(6, 6, 1), ...trunk, end, globalAvgPool))
    const given = net('vector', image(6, 6, 1), ...trunk, globalAvgPool, dense(3, { name: 'end' }))
    const weights = Object.fromEntries(
      Object.entries(mapped.weights).map(([key, { shape, data }]) => [
        key,
        { shape: key === 'end/kernel' ? shape.slice(2) : shape, data },
      ]),
    )
    const feed = trainingFeed(dataset, { batch: 6, seed: 0, augment: false })
    const trace = (model: Model) =>
      succeed(measureTrace(kind)({ engine: float64, feed, batch: 6, batches: 3 })(model))
    const [got, expected] = [await trace(mapped), await trace({ ...placed(given), weights })]
    expect(Object.keys(got)).toEqual(['conv', 'conv2'])
    for (const [path, values] of Object.entries(expected))
      Array.from(values).forEach((value, channel) => {
        expect(got[path]?.[channel]).toBeCloseTo(value, 6)
      })
  },
)

const half = { keep: { params: 0.5 } } as const
const options = { epochs: 1, batchSize: 3, lrSchedule: constant(), cut: half }

const pushed = (engine: Engine, given: Model) =>
  succeed(push({ ...options, learningRate: 0.02 })({ engine, dataset, seed: 1 })(given))

describe.each(engines)('a push without batch norm on %s', (_, engine) => {
  test.each([plainNet, squeezed])(
    'fades kernels’ columns and biases to nothing, and the cut changes nothing',
    async each => {
      const learner = await pushed(engine, right(init(0)(each)))
      const { weights } = learner.model
      const faded = fadedChannels(placed(each), learner.slots)
      expect(Object.values(faded.channels).flat().length).toBeGreaterThan(4)
      for (const [path, channels] of Object.entries(faded.channels)) {
        const width = channelsOf(placed(each).layers.get(path)?.output ?? [])
        for (const slot of ['kernel', 'bias'] as const)
          weights[weightKey(path, slot)]?.data.forEach((value, i) => {
            if (channels.includes(i % width)) expect(Math.abs(value)).toBe(0)
          })
      }
      const cut = right(prune(faded)(learner.model))
      expect(countParams(placed(cut.model.net))).toBeLessThanOrEqual(
        half.keep.params * countParams(placed(each)),
      )
      expect(difference(forward(cut.model), forward(learner.model))).toBeLessThan(1e-9)
      const slots = carrySlots(cut)(learner.slots)
      for (const path of bareUnits(placed(cut.model.net)))
        expect(slots[`${weightKey(path, 'kernel')}/utility`]?.shape).toEqual([
          channelsOf(placed(cut.model.net).layers.get(path)?.output ?? []),
        ])
    },
  )
})

// Against PyTorch.

const torch = hasModule('torch')
if (!torch) console.warn('skipped: ESPALIER_PYTHON names no Python with torch')

const script = `
import json, sys
import torch
import torch.nn.functional as F
torch.set_default_dtype(torch.float64)
given = json.load(open(sys.argv[1]))
weight = {key: torch.tensor(data).reshape(shape) for key, (shape, data) in given['weights'].items()}
gates = {}
def gate(x, path):
    gates[path] = torch.ones(x.shape[1], requires_grad=True)
    return x * gates[path].reshape([1, -1] + [1] * (x.dim() - 2))
def unit(x, path):
    kernel = weight[path + '/kernel'].permute(3, 2, 0, 1)
    return F.relu(F.conv2d(x, kernel, weight[path + '/bias'], padding=kernel.shape[-1] // 2))
x = torch.tensor(given['images']).reshape(given['shape']).permute(0, 3, 1, 2)
x = gate(unit(x, 'conv'), 'conv')
x = gate(unit(x, 'fire/conv'), 'fire/conv')
x = torch.cat([gate(unit(x, 'fire/expand/' + name), 'fire/expand/' + name) for name in ['conv', 'conv2']], 1)
logits = unit(x, 'classes').mean((2, 3))
F.cross_entropy(logits, torch.tensor(given['labels'])).backward()
print(json.dumps({path: g.grad.abs().tolist() for path, g in gates.items()}))
`

test.runIf(torch).each(engines)('PyTorch’s gates on %s', async (_, engine) => {
  const given = modelOf(7)(squeezed)
  const batch = 6
  const images = fedWith(0, 'images', [batch, 6, 6, 1])
  const labels = Int32Array.from({ length: batch }, (_, i) => i % 3)
  const file = join(scratch(), 'given.json')
  const weights = Object.fromEntries(
    Object.entries(given.weights).map(([key, { shape, data }]) => [key, [shape, [...data]]]),
  )
  writeFileSync(
    file,
    JSON.stringify({ weights, images: [...images], shape: [batch, 6, 6, 1], labels: [...labels] }),
  )
  const expected: Readonly<Record<Path, readonly number[]>> = JSON.parse(runPython(script, file))
  const targets = Float32Array.from(oneHot([batch, 3]))
  const feed = { batches: 1, batchSize: batch, batch: async () => ({ images, targets, labels, size: batch }) }
  const got = await succeed(taylorUtilities({ engine, feed, batch, batches: 1 })(given))
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort())
  for (const [path, values] of Object.entries(expected))
    values.forEach((value, channel) => {
      expect(Math.abs((got[path]?.[channel] ?? Number.NaN) - value)).toBeLessThan(
        1e-4 * Math.max(0.01, ...values),
      )
    })
})
