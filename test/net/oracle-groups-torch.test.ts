/** Groups, shuffles, slices and gates as PyTorch has them: the same outputs and gradients. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { differentiate } from '../../src/graph/differentiate.js'
import { crossEntropy } from '../../src/graph/loss.js'
import { lower } from '../../src/graph/lower.js'
import * as op from '../../src/graph/operations.js'
import { channelShuffle, channelSlice, gate, squeezeExcite } from '../../src/net/words/channels.js'
import { concat, net, stack } from '../../src/net/words/combinators.js'
import { conv, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { apart } from '../support/nets/agree.js'
import { fedWith, modelOf } from '../support/nets/arbitrary.js'
import { evaluate } from '../support/nets/reference.js'
import { numbersOf } from '../support/nets/surgery.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { scratch } from '../support/scratch.js'

const torch = hasModule('torch')
if (!torch) console.warn('skipped: ESPALIER_PYTHON names no Python with torch')

const model = modelOf(3)(
  net(
    'grouped',
    image(7, 6, 4),
    conv(12, 3, { groups: 2, padding: 1, stride: 2, activation: 'tanh', name: 'first' }),
    channelShuffle(3),
    squeezeExcite('gate', 12, 5),
    concat('split', channelSlice(0, 5), stack('b', channelSlice(5, 7), conv(6, 1, { name: 'point' }))),
    gate('attend', conv(11, 3, { padding: 1, activation: 'sigmoid' })),
    conv(22, 1, { groups: 11, name: 'last' }),
    globalAvgPool,
    dense(3),
  ),
)

const [batch, classes] = [4, [0, 2, 1, 2]]
const images = fedWith(0, 'images', [batch, 7, 6, 4])

const script = `
import json, sys
import torch
import torch.nn.functional as F
torch.set_default_dtype(torch.float64)
given = json.load(open(sys.argv[1]))
weight = {key: torch.tensor(data).reshape(shape).requires_grad_() for key, (shape, data) in given['weights'].items()}

def conv(x, path, **options):
    return F.conv2d(x, weight[path + '/kernel'].permute(3, 2, 0, 1), weight[path + '/bias'], **options)
def dense(x, path):
    return x @ weight[path + '/kernel'] + weight[path + '/bias']

images = torch.tensor(given['images']).reshape(given['shape']).requires_grad_()
x = images.permute(0, 3, 1, 2)
x = torch.tanh(conv(x, 'first', padding=1, stride=2, groups=2))
x = torch.nn.ChannelShuffle(3)(x)
factors = torch.sigmoid(dense(torch.relu(dense(x.mean((2, 3)), 'gate/body/squeeze')), 'gate/body/excite'))
x = x * factors[:, :, None, None]
left, right = x.split([5, 7], 1)
x = torch.cat([left, conv(right, 'split/b/point')], 1)
x = x * torch.sigmoid(conv(x, 'attend/body', padding=1))
logits = dense(conv(x, 'last', groups=11).mean((2, 3)), 'dense')
F.cross_entropy(logits, torch.tensor(given['classes'])).backward()
flat = lambda t: t.detach().flatten().tolist()
print(json.dumps({'logits': flat(logits), 'images': flat(images.grad), **{key: flat(w.grad) for key, w in weight.items()}}))
`

const ours = () => {
  const { logits, weights, images: fed } = lower({ batch, mode: 'training' })(model)
  const loss = crossEntropy(logits, op.input('targets', logits.shape))
  const slopes = differentiate()(loss, [fed, ...weights.values()])
  const outputs = Object.fromEntries(
    ['images', ...weights.keys()].map((key, nth) => [key, slopes[nth] ?? loss]),
  )
  const targets = Float32Array.from({ length: batch * 3 }, (_, i) =>
    Number(classes[Math.floor(i / 3)] === i % 3),
  )
  return evaluate({ outputs: { logits, ...outputs }, updates: [] }, { images, targets }, numbersOf(model))
    .outputs
}

const theirs = (): Readonly<Record<string, readonly number[]>> => {
  const weights = Object.entries(model.weights).map(([key, { shape, data }]) => [key, [shape, [...data]]])
  const file = join(scratch({}), 'given.json')
  const given = {
    weights: Object.fromEntries(weights),
    images: [...images],
    shape: [batch, 7, 6, 4],
    classes,
  }
  writeFileSync(file, JSON.stringify(given))
  return JSON.parse(runPython(script, file))
}

test.skipIf(!torch)('outputs and gradients are those of PyTorch', () => {
  expect(apart(ours(), theirs())).toBeLessThan(1e-9)
})
