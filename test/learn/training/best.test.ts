/** The best epoch by validation: its weights may stay, and training may end where none was better for long. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { imagesInMemory } from '../../../src/data/dataset.js'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { accuracyOf } from '../../../src/learn/evaluation/score.js'
import { type TrainOptions, trainDefaults } from '../../../src/learn/options.js'
import type { Learner } from '../../../src/learn/training/learner.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import type { Epoch, Position } from '../../../src/learn/training/phase.js'
import { runPhase } from '../../../src/learn/training/training-loop.js'
import { phaseFor, push, train, trainProgram } from '../../../src/learn/training/transforms.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train as trainStep } from '../../../src/run/schedule/schedule.js'
import { available } from '../../support/engines.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { right } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { again, expectSame, lastOf, told } from '../../support/running.js'
import { failure, succeed } from '../../support/scratch.js'

const engine = (await available(['wasm']))[0]?.[1] as Engine // comes with the package
const dataset = tinyData()
const model = modelOf(2)(tinyNet)
const context = { engine, dataset, seed: 4 }

/** A rate so high that accuracy goes up and down. */
const shaky: Partial<TrainOptions> = { epochs: 7, batchSize: 9, learningRate: 1, lrSchedule: constant() }

interface Followed {
  readonly learner: Learner
  readonly epochs: readonly (Epoch & { readonly weights: Learner['model']['weights'] })[]
  readonly position: Position
}

/** A training with the weights after each epoch. */
const follow = async (options: Partial<TrainOptions>): Promise<Followed> => {
  const all = { ...trainDefaults, ...shaky, ...options }
  const phase = right(phaseFor(context, all)(trainProgram(all, null, model)))
  const epochs: Followed['epochs'][number][] = []
  let position: Position | undefined
  const learner = await succeed(
    runPhase<never>(engine, {
      onStep: () => undefined,
      stopping: () => false,
      onPause: (now, at, done) => {
        if (done !== null) epochs.push({ ...done, weights: now.model.weights })
        position = at
        return TE.right(undefined)
      },
    })(phase)({ model, slots: {} }),
  )
  if (position === undefined) throw new Error('no epoch')
  return { learner, epochs, position }
}

const firstBest = (epochs: Followed['epochs']): number => {
  const accuracies = epochs.map(({ validation }) => accuracyOf(validation))
  return accuracies.indexOf(Math.max(...accuracies))
}

describe('restoreBest', () => {
  test('leaves the weights of the first epoch of the best validation accuracy, and the optimizer as new', async () => {
    const plain = await follow({})
    const best = firstBest(plain.epochs)
    expect(best).toBeLessThan(6) // else there is nothing to restore
    const { learner, position } = await follow({ restoreBest: true })
    expect(learner.model.weights).toEqual(plain.epochs[best]?.weights)
    expect(learner.slots).toEqual({})
    expect(position.best?.epoch).toBe(best)
  })

  test('leaves a training that ends with its best epoch as it is, slots and all', async () => {
    const short = { epochs: 1 + firstBest((await follow({})).epochs) }
    expect((await follow({ ...short, restoreBest: true })).learner).toEqual((await follow(short)).learner)
  })
})

describe('patience', () => {
  test.each([1, 2, 3])('of %i ends after as many epochs without a gain', async patience => {
    const plain = await follow({})
    const { epochs, learner } = await follow({ patience })
    const best = firstBest(epochs)
    expect(epochs).toEqual(plain.epochs.slice(0, epochs.length))
    expect(epochs.length).toBe(Math.min(7, best + 1 + patience))
    expect(learner.model.weights).toEqual(epochs.at(-1)?.weights)
  })

  test('counts an epoch that is as good as the best as none', async () => {
    expect((await follow({ patience: 2, learningRate: 0, scaleRate: 0 })).epochs.length).toBeLessThanOrEqual(
      4,
    )
  })
})

describe('a run', () => {
  const keeping = experiment(
    tinyNet,
    glyphs(),
    trainStep({ ...shaky, restoreBest: true, patience: 3 }),
    trainStep({ ...shaky, epochs: 1 }),
  )

  test.each([2, 6, 14, 19])(
    'stopped after step %i and taken up again is as if never stopped',
    async after => {
      const first = await told(engine, keeping, { after })
      const resumed = await told(engine, keeping, { from: await again(lastOf(first)), log: first.log })
      expectSame(resumed, await told(engine, keeping))
    },
  )

  test('says which epoch was the best, in its log and at its end', async () => {
    const run = await told(engine, keeping)
    const { bestEpochs, stages } = lastOf(run)
    expect(bestEpochs).toHaveLength(1)
    expect(bestEpochs[0]).toMatchObject({
      place: '0',
      restored: true,
      accuracy: stages[0]?.validation.accuracy,
    })
    expect(run.log).toContain(`{"_tag":"bestEpoch","stage":0,"epoch":${bestEpochs[0]?.epoch}`)
  })
})

describe('is refused', () => {
  test.each([
    [
      'without validation images',
      {},
      { ...dataset, validation: imagesInMemory(new Uint8Array(), new Int32Array()) },
    ],
    [
      'beside an average that is in place at the end alone',
      { average: { every: 1, decay: 0.9, lookahead: false } },
      dataset,
    ],
  ] as const)('%s', async (_, options, data) => {
    const task = (asked: Partial<TrainOptions>) =>
      failure(train({ ...shaky, ...options, ...asked })({ ...context, dataset: data })(model))
    expect(await task({ restoreBest: true })).toMatchObject({ _tag: 'WrongOption', option: 'restoreBest' })
    expect(await task({ patience: 2 })).toMatchObject({ _tag: 'WrongOption', option: 'patience' })
  })

  test('beside a fade', async () => {
    const task = (asked: Partial<TrainOptions>) => pipe(model, push({ ...shaky, ...asked })(context), failure)
    expect(await task({ restoreBest: true })).toMatchObject({ option: 'restoreBest' })
    expect(await task({ patience: 2 })).toMatchObject({ option: 'patience' })
  })
})
