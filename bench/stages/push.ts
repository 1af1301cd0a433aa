/** The time of a push step and a trace relative to training steps on the same images, measured in turns. */
import type { Feed } from '../../src/data/pipeline/batches.js'
import type { Engine, Feeds } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import type { Graph } from '../../src/graph/graph.js'
import { measureTrace } from '../../src/learn/criteria/trace.js'
import type { TraceKind } from '../../src/learn/criteria/trace-call.js'
import { alignment, type PushOptions, pushDefaults } from '../../src/learn/options.js'
import { pushCalls, pushFeeds } from '../../src/learn/push/push.js'
import { trainCalls } from '../../src/learn/training/calls.js'
import { rateFeeds } from '../../src/learn/training/train.js'
import { init } from '../../src/net/weights.js'
import { machine } from '../machine.js'
import { imagesOf, reference, targetsOf } from '../net.js'
import { done, keep, median, right } from '../tools.js'

const batch = 100
const steps = 10

const seen = { images: imagesOf(batch), targets: targetsOf(batch) }
const model = right(init(0)(reference))

/** Ten steps of a training call. */
const training =
  (engine: Engine, train: Graph, feeds: (step: number, steps: number) => Feeds) =>
  async (): Promise<() => void> => {
    const session = await done(engine.open({ train }))
    session.write(model.weights)
    return () => {
      for (let step = 0; step < steps; step++) session.run('train', { ...seen, ...feeds(step, steps) })
    }
  }

const pushing = (engine: Engine, options: PushOptions) =>
  training(engine, right(pushCalls(options, batch, null)(model)).train, pushFeeds(options))

/** A trace over as many images as the steps see, its sessions opened and closed. */
const tracing = (engine: Engine, kind: TraceKind) => async (): Promise<() => Promise<unknown>> => {
  const feed: Feed = {
    batches: steps,
    batchSize: batch,
    batch: async () => ({ ...seen, labels: new Int32Array(batch), size: batch }),
  }
  return () => done(measureTrace(kind)({ engine, feed, batch, batches: steps })(model))
}

const contestantsOn = (engine: Engine) => {
  const plain = { ...pushDefaults, fade: null }
  return {
    'training step': training(engine, right(trainCalls(plain, batch)(model)).train, rateFeeds(plain)),
    'push with fading': pushing(engine, pushDefaults),
    'push into alignment': pushing(engine, { ...plain, align: alignment }),
    'push by the ridge form': pushing(engine, { ...plain, align: { ...alignment, axis: 0, ridge: 1 } }),
    'trace by deconvolution': tracing(engine, 'deconvTrace'),
    'discriminant trace': tracing(engine, 'discriminantTrace'),
    'gradient trace': tracing(engine, 'gradientTrace'),
  }
}

/** Milliseconds of each round, in turns, by name; the first round warms up. */
const takeTurns = async (
  runs: readonly (readonly [name: string, run: () => unknown])[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const times = new Map<string, number[]>(runs.map(([name]) => [name, []]))
  for (let round = 0; round <= rounds; round++)
    for (const [name, run] of runs) {
      const begun = performance.now()
      await run()
      if (round > 0) times.get(name)?.push(performance.now() - begun)
    }
  return times
}

/** Writes bench/results/push-ENGINE.json: milliseconds a step, and the ratio to a training step. */
export const measurePush = async (engineName: string, rounds: number): Promise<void> => {
  const engine = await done(openEngine(engineName))
  const runs = await Promise.all(
    Object.entries(contestantsOn(engine)).map(async ([name, open]) => [name, await open()] as const),
  )
  const times = await takeTurns(runs, rounds)
  const base = median(times.get('training step') ?? [])
  const rows = runs.map(([name]) => {
    const ms = median(times.get(name) ?? [])
    return { name, ms: Number((ms / steps).toFixed(2)), ratio: Number((ms / base).toFixed(2)) }
  })
  console.log(`push and trace on ${engine.name}`)
  console.table(rows)
  const { name, version, threads } = engine
  const facts = { machine: machine(), engine: { name, version, threads }, batch, steps, rounds, rows }
  keep(`push-${name}.json`, JSON.stringify(facts, null, 2))
}
