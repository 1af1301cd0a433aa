import { describe, expect, test } from 'vitest'
import type { Batch, Feed } from '../../../src/data/pipeline/batches.js'
import type { Engine } from '../../../src/engine/engine.js'
import { topologicalOrder, type Value } from '../../../src/graph/graph.js'
import { lower } from '../../../src/graph/lower.js'
import * as op from '../../../src/graph/operations.js'
import type { Calibration } from '../../../src/learn/criteria/calibration.js'
import { decisionFeatures, type FeatureChoice } from '../../../src/learn/criteria/decision-features.js'
import { measureUtilities } from '../../../src/learn/criteria/evidence.js'
import { ldaUtilities } from '../../../src/learn/criteria/lda.js'
import { measureTrace, traces, traceUtilities } from '../../../src/learn/criteria/trace.js'
import type { TraceKind } from '../../../src/learn/criteria/trace-call.js'
import type { Path } from '../../../src/net/path.js'
import { channelsOf, type Shape, sizeOf } from '../../../src/net/shape.js'
import type { Net } from '../../../src/net/tree.js'
import type { Model } from '../../../src/net/weights.js'
import { concat, net, residual, stack } from '../../../src/net/words/combinators.js'
import {
  avgPool,
  convBnAct,
  dense,
  depthwiseBnAct,
  flatten,
  globalAvgPool,
  image,
  maxPool,
} from '../../../src/net/words/leaves.js'
import { decisionOf } from '../../../src/surgery/analysis/decision.js'
import { available, float64 } from '../../support/engines.js'
import { fedWith, modelOf } from '../../support/nets/arbitrary.js'
import { evaluate, type Given } from '../../support/nets/reference.js'
import { numbersOf, placed, right } from '../../support/nets/surgery.js'
import { failure, succeed } from '../../support/scratch.js'

/** No window holds two equal numbers before a pool: whose the largest is must not be a matter of taste. */
const nets: Readonly<Record<string, Net>> = {
  chain: net(
    'chain',
    image(4, 4, 1),
    convBnAct(3, 3, { activation: 'swish' }),
    convBnAct(4, 1, { activation: 'tanh' }),
    maxPool(),
    depthwiseBnAct(3),
    convBnAct(3, 1, { activation: 'relu6' }),
    globalAvgPool,
    dense(4, { name: 'hidden', activation: 'relu', norm: true }),
    dense(3),
  ),
  joined: net(
    'joined',
    image(4, 4, 2),
    concat('module', convBnAct(2, 1), stack('three', convBnAct(2, 1), convBnAct(3, 3, { norm: false }))),
    residual('sum', convBnAct(5), { activation: 'relu' }),
    avgPool(2),
    flatten,
    dense(3),
  ),
}

const [images, classes] = [6, 3]

const imageAt = (shape: Shape, nth: number): Float32Array => fedWith(nth, 'images', shape)

/** Images in two batches, labels in turn. */
const calibrationOf = (input: Shape, engine: Engine = float64): Calibration => {
  const batch = images / 2
  const feed: Feed = {
    batchSize: batch,
    batches: 2,
    batch: async (_, step): Promise<Batch> => {
      const all = Array.from({ length: batch }, (_, i) => step * batch + i)
      return {
        images: Float32Array.from(all.flatMap(nth => [...imageAt(input, nth)])),
        targets: Float32Array.from(all.flatMap(nth => oneHot(nth % classes))),
        labels: Int32Array.from(all, nth => nth % classes),
        size: batch,
      }
    },
  }
  return { engine, feed, batch, batches: 2 }
}

const oneHot = (label: number): readonly number[] =>
  Array.from({ length: classes }, (_, c) => (c === label ? 1 : 0))

// The trace, written again: operation by operation from the features back, by differences.

type Signals = Map<Value, Float64Array>

const rectifies = ({ op: { kind } }: Value): boolean => kind === 'relu' || kind === 'relu6'

/** What a signal at an operation's result sends to one of its inputs: Σ signal · ∂y/∂x. */
const sent = (value: Value, nth: number, known: ReadonlyMap<Value, Float64Array>, signal: Float64Array) => {
  const h = 1e-6
  const names = value.inputs.map((_, i) => `${i}`)
  const alone = { ...value, inputs: value.inputs.map(({ shape }, i) => op.input(names[i] ?? '', shape)) }
  const inputs = Object.fromEntries(
    value.inputs.map((each, i) => [names[i], known.get(each) ?? new Float64Array()]),
  )
  const x: Float64Array = inputs[`${nth}`] ?? new Float64Array()
  const at = (i: number, by: number) =>
    evaluate({ outputs: { alone }, updates: [] }, { ...inputs, [nth]: x.with(i, (x[i] ?? 0) + by) }, {})
      .outputs.alone
  return x.map((_, i) => {
    const [up, down] = [at(i, h), at(i, -h)]
    return signal.reduce((sum, s, o) => sum + (s * ((up?.[o] ?? 0) - (down?.[o] ?? 0))) / (2 * h), 0)
  })
}

/** One image through the net: what every operation gives, and the value of every layer. */
const through = (model: Model, nth: number) => {
  const lowered = lower({ batch: 1, mode: 'inference' })(model)
  const values = topologicalOrder([lowered.logits])
  const outputs = Object.fromEntries(values.map((value, i) => [`${i}`, value]))
  const given: Given = { images: imageAt([1, ...model.net.input], nth) }
  const results = evaluate({ outputs, updates: [] }, given, numbersOf(model)).outputs
  return { lowered, known: new Map(values.map((value, i) => [value, results[`${i}`] ?? new Float64Array()])) }
}

const reaches = (value: Value, source: Value): boolean =>
  value === source || value.inputs.some(input => reaches(input, source))

/** The signal at every operation that a seed at the features sends back. */
const walkedBack = (
  kind: TraceKind,
  { lowered, known }: ReturnType<typeof through>,
  features: Value,
  seed: Float64Array,
): Signals => {
  const signals: Signals = new Map([[features, seed]])
  for (const value of topologicalOrder([features]).toReversed()) {
    const signal = signals.get(value)
    if (signal === undefined) continue
    value.inputs.forEach((input, nth) => {
      if (!reaches(input, lowered.images)) return
      const passed =
        kind !== 'gradientTrace' && rectifies(value)
          ? signal.map(s => Math.max(0, s))
          : sent(value, nth, known, signal)
      const before = signals.get(input)
      signals.set(input, before === undefined ? passed : before.map((b, i) => b + (passed[i] ?? 0)))
    })
  }
  return signals
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const mean = (values: readonly number[]): number => sum(values) / values.length

/** D[c][j] = max(0, m_cj − μ_j)/(sw_j + 0.1 · mean sw) of rows of features, whose labels come in turn. */
const discriminantOf = (rows: readonly Float64Array[]) => {
  const column = (j: number) => rows.map(row => row[j] ?? 0)
  const classMean = (c: number, j: number) => mean(column(j).filter((_, i) => i % classes === c))
  const within = [...(rows[0]?.keys() ?? [])].map(j =>
    mean(column(j).map((x, i) => (x - classMean(i % classes, j)) ** 2)),
  )
  return (c: number, j: number): number =>
    Math.max(0, classMean(c, j) - mean(column(j))) / ((within[j] ?? 0) + 0.1 * mean(within))
}

/** Utilities of every unit, image by image. */
const plainly = (
  kind: TraceKind,
  model: Model,
  keep: (j: number) => number,
): Readonly<Record<Path, number[]>> => {
  const { features: place, head } = right(decisionOf(placed(model.net)))
  const all = Array.from({ length: images }, (_, nth) => through(model, nth))
  const featuresOf = ({ lowered, known }: (typeof all)[number]) =>
    known.get(lowered.at.get(place) ?? lowered.logits) ?? new Float64Array()
  const discriminant = discriminantOf(all.map(featuresOf))
  const walks = all.map((each, nth) => {
    const seed = featuresOf(each).map(
      (z, j) => z * keep(j) * (kind === 'deconvTrace' ? 1 : discriminant(nth % classes, j)),
    )
    return walkedBack(kind, each, each.lowered.at.get(place) ?? each.lowered.logits, seed)
  })
  /** For each image, the signal or its product with the response, at every place of one channel. */
  const maps = (path: Path, channel: number): readonly (readonly number[])[] =>
    all.map(({ lowered, known }, nth) => {
      const value = lowered.at.get(path) ?? lowered.logits
      const width = channelsOf(value.shape)
      return Array.from({ length: sizeOf(value.shape) / width }, (_, at) => {
        const i = at * width + channel
        const signal = walks[nth]?.get(value)?.[i] ?? 0
        return kind === 'deconvTrace' ? signal : signal * (known.get(value)?.[i] ?? 0)
      })
    })
  const utility = (path: Path, channel: number): number => {
    const seen = maps(path, channel)
    if (kind === 'gradientTrace') return mean(seen.map(map => Math.abs(mean(map))))
    const overImages = (seen[0] ?? []).map((_, at) => mean(seen.map(map => map[at] ?? 0)))
    return Math.max(...overImages.map(value => (kind === 'deconvTrace' ? value : Math.abs(value))))
  }
  const units = [...placed(model.net).layers.values()].filter(
    ({ path, layer }) => ['conv', 'depthwise', 'dense'].includes(layer._tag) && path !== head,
  )
  return Object.fromEntries(
    units.map(({ path, output }) => [
      path,
      Array.from({ length: channelsOf(output) }, (_, channel) => utility(path, channel)),
    ]),
  )
}

const expectClose = (
  got: Readonly<Record<Path, ArrayLike<number>>>,
  expected: Readonly<Record<Path, number[]>>,
) => {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort())
  for (const [path, values] of Object.entries(expected)) {
    const scale = Math.max(1e-3, ...values.map(Math.abs))
    values.forEach((value, channel) => {
      expect(Math.abs((got[path]?.[channel] ?? Number.NaN) - value) / scale).toBeLessThan(1e-4)
    })
  }
}

const engines: readonly (readonly [string, Engine])[] = [['float64', float64], ...(await available())]

const everything = () => 1

describe.each(Object.entries(nets))('%s', (_, given) => {
  const model = modelOf(5)(given)
  const fromAll = {
    deconvTrace: plainly('deconvTrace', model, everything),
    discriminantTrace: plainly('discriminantTrace', model, everything),
    gradientTrace: plainly('gradientTrace', model, everything),
  }

  describe.each(engines)('on %s', (_, engine) => {
    const calibration = calibrationOf(given.input, engine)

    test.each(['deconvTrace', 'discriminantTrace', 'gradientTrace'] as const)(
      '%s from all features',
      async kind => {
        expectClose(
          await succeed(measureUtilities(traces(kind), traceUtilities(kind))(calibration)(model)),
          fromAll[kind],
        )
      },
    )
  })

  test('from the kept features alone', async () => {
    const keep = () => [1]
    expectClose(
      await succeed(
        measureUtilities(
          traces('deconvTrace', keep),
          traceUtilities('deconvTrace'),
        )(calibrationOf(given.input))(model),
      ),
      plainly('deconvTrace', model, j => (j === 1 ? 1 : 0)),
    )
  })

  test('deconvTrace starts from the fewest features that hold the accuracy, the others from all', async () => {
    const calibration = calibrationOf(given.input)
    let kept: readonly number[] = []
    const noting: FeatureChoice = (...seen) => {
      kept = decisionFeatures(...seen)
      return kept
    }
    await succeed(traces('deconvTrace', noting)(calibration)(model))
    expect(kept.length).toBeGreaterThan(0)
    const marked = (j: number) => (kept.includes(j) ? 1 : 0)
    expectClose(
      await succeed(measureTrace('deconvTrace')(calibration)(model)),
      plainly('deconvTrace', model, marked),
    )
    for (const kind of ['discriminantTrace', 'gradientTrace'] as const)
      expectClose(await succeed(measureTrace(kind)(calibration)(model)), fromAll[kind])
  })
})

test('channels without a trace are ranked by class separation', async () => {
  const model = modelOf(7)(nets.chain ?? net('none', image(1, 1, 1), flatten))
  const [at, below] = ['conv', 'conv2/kernel']
  const kernel = model.weights[below] ?? { shape: [], data: new Float32Array() }
  const unread = {
    ...model,
    weights: { ...model.weights, [below]: { ...kernel, data: kernel.data.map(() => 0) } },
  }
  const calibration = calibrationOf(model.net.input)
  const utilities = (await succeed(measureTrace('gradientTrace')(calibration)(unread)))[at]
  const separation = (await succeed(ldaUtilities(calibration)(unread)))[at]
  const order = (values: ArrayLike<number> = []) =>
    Array.from(values, (value, i) => ({ value, i }))
      .sort((a, b) => a.value - b.value)
      .map(({ i }) => i)
  expect(new Set(Array.from(separation ?? [])).size).toBe(3)
  expect(order(utilities)).toEqual(order(separation))
})

test('without kept features every trace is zero', async () => {
  const model = modelOf(5)(nets.chain ?? net('none', image(1, 1, 1), flatten))
  const keep = () => []
  const none = await succeed(traces('discriminantTrace', keep)(calibrationOf(model.net.input))(model))
  expect(none.size).toBeGreaterThan(3)
  expect([...none.values()].every(({ sums }) => sums.every(value => value === 0))).toBe(true)
})

test('a net without a decision vector is refused', async () => {
  const undecided = net('undecided', image(4, 4, 1), convBnAct(3), globalAvgPool)
  const calibration = calibrationOf(undecided.input)
  expect(await failure(measureTrace('deconvTrace')(calibration)(modelOf(1)(undecided)))).toEqual({
    _tag: 'NoDecision',
    got: ['conv', 'globalAvgPool'],
  })
})
