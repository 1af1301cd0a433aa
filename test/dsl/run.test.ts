/** Every net of the DSL files lowers as it is; narrow and on small images, it learns, is pruned and grows. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { defaultEngine, openEngine } from '../../src/engine/open.js'
import { inputsOf } from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import { optimizerFeeds, sgd } from '../../src/graph/optimizer.js'
import { trainDefaults } from '../../src/learn/options.js'
import { trainCalls } from '../../src/learn/training/calls.js'
import { countParams } from '../../src/net/counts.js'
import { childrenOf } from '../../src/net/interpret.js'
import { layersOf } from '../../src/net/layers.js'
import { channelsOf, sizeOf } from '../../src/net/shape.js'
import type { Net } from '../../src/net/tree.js'
import { init, type Model } from '../../src/net/weights.js'
import { convBnAct } from '../../src/net/words/leaves.js'
import { freeUnits } from '../../src/surgery/analysis/norms.js'
import { grow } from '../../src/surgery/grow/grow.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { fedWith } from '../support/nets/arbitrary.js'
import { inferredOf, narrowed, nets } from '../support/nets/nets.js'
import { succeed } from '../support/scratch.js'

/** Enough for batch norm over a map of one pixel: four values a channel turn rounding into percents of the loss. */
const batch = 16

const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

const all = Object.entries<Net>(nets)

const native = defaultEngine() === 'tensorflow'
if (!native) console.warn('skipped: without the native engine, no net of the DSL files runs on it')

/** Those that differ in more than depth: TensorFlow's time goes into opening graphs. */
const onNative = new Set(
  native
    ? Object.keys(nets).filter(
        name =>
          !/^(resnet(32|44|56|110|34)|vgg19|googlenetCifar|mobilenetv3Large|efficientnet|regnetx)$/.test(
            name,
          ),
      )
    : [],
)

/** So few filters, on images so small, that a step takes no time and every halving still leaves something. */
const small = ({ name, input }: Net): readonly [share: number, side: number] => {
  const [side = 0] = input
  if (name.startsWith('lenet')) return [1 / 2, side]
  return side > 32 ? [name.startsWith('vgg') ? 1 / 64 : 1 / 16, 48] : [1 / 8, 16]
}

const planted = (net: Net): Model => right(init(3)(narrowed(...small(net))(net)))

/** Noise above every rate, so that nothing is dropped and the loss can be compared. */
const feedOf = (name: string, shape: readonly number[]): Float32Array => {
  if (name === 'targets') {
    const [, classes = 1] = shape
    return Float32Array.from({ length: batch * classes }, (_, i) => (i % (classes + 1) === 0 ? 1 : 0))
  }
  return name.startsWith('noise/') ? new Float32Array(sizeOf(shape)).fill(0.99) : fedWith(1, name, shape)
}

const optimizer = sgd({ momentum: 0, nesterov: false, weightDecay: 0 })

/** The loss of one batch before and after a small step on it. */
const losses = async (engine: Engine, model: Model): Promise<readonly [number, number]> => {
  const calls = right(
    trainCalls({ ...trainDefaults, batchSize: batch, optimizer, clipNorm: 1 }, batch)(model),
  )
  const session = await succeed(engine.open(calls))
  session.write(model.weights)
  const feeds = Object.fromEntries(
    Object.entries(inputsOf(calls.train)).map(([name, shape]) => [name, feedOf(name, shape)]),
  )
  const run = (step: number): number =>
    session.run('train', { ...feeds, ...optimizerFeeds(optimizer, 1e-4, step) }).loss?.[0] ?? Number.NaN
  const seen = [run(0), run(1)] as const
  session.close()
  return seen
}

/** The first convolution that can be wider: no layer norm reads its channels. */
const firstFree = (model: Model): string => {
  const free = new Set(freeUnits(model))
  const [first = ''] =
    [...layersOf(model.net)].find(([path, { _tag }]) => _tag === 'conv' && free.has(path)) ?? []
  return first
}

/** Pruned to 60 % of its parameters, then its first convolution widened, with all a sum ties to it, and one behind it. */
const reshaped = (model: Model): Model => {
  const pruned = right(prune({ keep: { params: 0.6 }, by: l1, minChannels: 1 })(model)).model
  expect(countParams(pruned)).toBeLessThanOrEqual(0.6 * countParams(model))
  const first = firstFree(pruned)
  const wide = right(grow({ widen: first, by: 2, seed: 1 })(pruned))
  const width = channelsOf(wide.model.layers.get(first)?.output ?? [])
  const deep = right(
    grow({ after: first, module: convBnAct(width, 1, { name: 'grown' }), seed: 1 })(wide.model),
  )
  expect([wide.inexact, deep.inexact]).toEqual([null, null])
  return deep.model
}

describe.each(all)('%s', (name, net) => {
  test('lowers for one image', () => {
    const { logits } = lower({ batch: 1, mode: 'training' })(inferredOf(net))
    expect(logits.shape).toEqual([1, channelsOf(inferredOf(net).layers.get('')?.output ?? [])])
  })

  test('narrow, it learns', async () => {
    const [before, after] = await losses(await succeed(openEngine('wasm')), planted(net))
    expect(after).toBeLessThan(before)
  })

  test('narrow, it is pruned, grows, and takes a step', async () => {
    const model = reshaped(planted(net))
    const [before, after] = await losses(await succeed(openEngine('wasm')), model)
    expect(Number.isFinite(after)).toBe(true)
    expect(after).not.toBe(before)
    if (!onNative.has(name)) return
    const [natively, next] = await losses(await succeed(openEngine('tensorflow', 1)), model)
    expect(natively / before).toBeCloseTo(1, 2)
    expect(Number.isFinite(next)).toBe(true)
    expect(next).not.toBe(natively)
  })
})

test('GoogLeNet grown by the last module of each stage is Inception-88', () => {
  const [base, expected] = [narrowed(1 / 16, 48)(nets.googlenet), narrowed(1 / 16, 48)(nets.inception88)]
  const modules = layersOf(expected)
  const behind = (before: Model, first: string, stage: string, depth: number): Model =>
    Array.from({ length: depth - 1 }, (_, nth) => nth + 2).reduce<Model>((model, nth) => {
      const module = modules.get(`${stage}/${nth}`)
      if (module === undefined) throw new Error('a stage is of modules')
      const after = nth === 2 ? first : `${first}x${nth - 1}`
      const next = right(grow({ after, module: { ...module, name: `${first}x${nth}` }, seed: 0 })(model))
      expect(next.inexact?._tag).toBe('NoPassthrough')
      return next.model
    }, before)
  const grown = behind(behind(behind(right(init(0)(base)), '3b', '3', 5), '4e', '4', 12), '5b', '5', 5)
  const leaves = (net: Net) =>
    [...layersOf(net).values()].flatMap(layer =>
      childrenOf(layer).length === 0 ? [{ ...layer, name: '' }] : [],
    )
  expect(leaves(grown.net)).toEqual(leaves(expected))
  const shapes = ({ weights }: Model) => Object.values(weights).map(({ shape }) => shape)
  expect(shapes(grown)).toEqual(shapes(right(init(0)(expected))))
})
