/** Checkpoints and models on disk: weights are their net's, a checkpoint is of one run and no other. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readModel, saveModel } from '../../../src/convert/model-file.js'
import { glyphs } from '../../../src/data/spec.js'
import { decode } from '../../../src/io/codec.js'
import { decodeTensors, encodeTensors } from '../../../src/io/safetensors.js'
import { full, type Model, type Tensor, type Weights } from '../../../src/net/weights.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { experimentCodec } from '../../../src/run/schedule/codec.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from '../../../src/run/storage/checkpoint.js'
import { seal } from '../../../src/run/storage/checksum.js'
import { identityOf } from '../../../src/run/storage/identity.js'
import { type KeptModels, noModels } from '../../../src/run/storage/kept-models.js'
import type { Settings } from '../../../src/run/storage/settings.js'
import { arbitraryModel, arbitraryNet } from '../../support/nets/arbitrary.js'
import { right } from '../../support/nets/surgery.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

const checkpointOf = (model: Model, slots: Weights, models: Partial<KeptModels>): Checkpoint => ({
  learner: { model, slots },
  models: { ...noModels, ...models },
  stages: [],
  cursor: null,
  met: [],
  cuts: [],
  stopped: null,
  best: 0.5,
  trainingMacs: 1e15,
  bestEpochs: [{ place: '0/1', epoch: 2, epochs: 4, accuracy: 0.5, restored: true }],
  seconds: { run: 0, stage: 0 },
  logged: 0,
})

const velocities = (weights: Weights): Weights =>
  Object.fromEntries(
    Object.entries(weights).map(([key, { shape }]) => [`${key}/velocity`, full(shape, 0.5)] as const),
  )

const file = join(scratch(), 'some.safetensors')

const altered = (edit: (tensors: Weights) => Weights): void => {
  const { tensors, metadata } = right(decodeTensors(readFileSync(file)))
  writeFileSync(file, seal(edit(tensors), metadata))
}

/** One more along the last axis. */
const wider = ({ shape }: Tensor): Tensor =>
  full(
    shape.map((size, axis) => (axis === shape.length - 1 ? size + 1 : size)),
    1,
  )

/** Each wrong in one way: an array missing, of another shape, or one too many. */
const wrongs = ['missing', 'wider', 'more'] as const

const spoilt =
  (how: (typeof wrongs)[number], nth: number) =>
  (tensors: Weights): Weights => {
    const keys = Object.keys(tensors)
    const key = keys[nth % keys.length] ?? ''
    const { [key]: chosen = full([1], 0), ...rest } = tensors
    if (how === 'missing') return rest
    return how === 'wider' ? { ...tensors, [key]: wider(chosen) } : { ...tensors, [`${key}x/more`]: chosen }
  }

describe('a file of weights', () => {
  const arbitrarySpoiling = fc.record({
    how: fc.constantFrom(...wrongs),
    nth: fc.nat(1000),
    model: arbitraryModel().filter(({ weights }) => Object.keys(weights).length > 0),
  })

  const misfit = { _tag: 'BadFile', file, fault: { _tag: 'WrongWeight' } }

  test('gives a model back as it was, and none whose weights are not its net’s', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySpoiling, async ({ how, nth, model }) => {
        await succeed(saveModel(file)(model))
        expect(await succeed(readModel(file))).toEqual(model)
        altered(spoilt(how, nth))
        expect(await failure(readModel(file))).toMatchObject(misfit)
      }),
      { numRuns: 40 },
    )
  })

  test('gives a checkpoint back as it was, and none with a model or slots of another net', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySpoiling, async ({ how, nth, model }) => {
        const whole = checkpointOf(model, velocities(model.weights), {
          teacher: model,
          best: { '1/0': model },
        })
        await succeed(saveCheckpoint(file, 'this')(whole))
        expect(await succeed(readCheckpoint(file, [], 'this'))).toEqual(whole)
        for (const part of ['model:', 'kept.teacher:', 'kept.best.1/0:', 'slot:']) {
          if (part === 'slot:' && how === 'missing') continue // a step begins with none
          await succeed(saveCheckpoint(file, 'this')(whole))
          altered(tensors => {
            const mine = Object.entries(tensors).filter(([key]) => key.startsWith(part))
            const others = Object.entries(tensors).filter(([key]) => !key.startsWith(part))
            return { ...Object.fromEntries(others), ...spoilt(how, nth)(Object.fromEntries(mine)) }
          })
          expect(await failure(readCheckpoint(file, [], 'this'))).toMatchObject(misfit)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('with one bit flipped anywhere is no checkpoint', async () => {
    const [model] = fc.sample(arbitraryModel(), { numRuns: 1, seed: 2 })
    if (model === undefined) throw new Error('one was asked for')
    const slots = velocities(model.weights)
    await succeed(saveCheckpoint(file, 'this')(checkpointOf(model, slots, { teacher: model })))
    const whole = readFileSync(file)
    const flippedBit = fc.record({ at: fc.nat(whole.length - 1), bit: fc.nat(7) })
    await fc.assert(
      fc.asyncProperty(flippedBit, async ({ at, bit }) => {
        writeFileSync(file, whole.with(at, (whole[at] ?? 0) ^ (1 << bit)))
        expect(await failure(readCheckpoint(file, [], 'this'))).toMatchObject({ _tag: 'BadFile', file })
      }),
      { numRuns: 300 },
    )
    writeFileSync(file, whole.with(whole.length - 4, (whole.at(-4) ?? 0) ^ 1)) // the last of the numbers
    const damaged = await failure(readCheckpoint(file, [], 'this'))
    expect(damaged).toMatchObject({ fault: { _tag: 'Damaged' } })
    expect(renderMessage(damaged)).toMatch(
      /some\.safetensors: damaged: expected the checksum .*, got .*; try another copy/,
    )
  })

  test('without a net, or without a checkpoint, is told so', async () => {
    writeFileSync(file, seal({}, {}))
    expect(await failure(readModel(file))).toMatchObject({ fault: { _tag: 'NotAModel', found: 'other' } })
    expect(await failure(readCheckpoint(file, [], 'this'))).toEqual({
      _tag: 'BadFile',
      file,
      fault: { _tag: 'DecodeError', at: 'checkpoint', expected: 'JSON', got: '""' },
    })
    writeFileSync(file, encodeTensors({}, {}))
    expect(renderMessage(await failure(readCheckpoint(file, [], 'this')))).toContain('without a checksum')
  })

  test('is a checkpoint of the runs it is asked for, or refused', async () => {
    const [model] = fc.sample(arbitraryModel(), { numRuns: 1, seed: 1 })
    if (model === undefined) throw new Error('one was asked for')
    const whole = checkpointOf(model, {}, {})
    await succeed(saveCheckpoint(file, 'this')(whole))
    expect(await succeed(readCheckpoint(file, [], 'that', 'this'))).toEqual(whole)
    await succeed(saveCheckpoint(file, 'before', 'this')(whole)) // while one becomes the other
    expect(await succeed(readCheckpoint(file, [], 'this'))).toEqual(whole)
    expect(await failure(readCheckpoint(file, [], 'that'))).toEqual({ _tag: 'OtherRun', file })
  })
})

describe('the name of a run', () => {
  const settings: Settings = {
    seed: 0,
    engine: { name: 'wasm', version: '1', threads: 1 },
    data: { checksum: 'a', folder: '/there', take: 300 },
    code: { version: '1', commit: null },
  }
  const steps = [
    train({ epochs: 2 }),
    untilTarget({ keep: { params: 0.6 }, rounds: 2 }, push({ fade: null }), prune()),
    train(),
  ]
  const arbitraryExperiment = arbitraryNet().map(net => experiment(net, glyphs(), ...steps))

  /** The same with every record's keys the other way round. */
  const turned = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(turned)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .map(([key, each]) => [key, turned(each)] as const)
              .reverse(),
          )
        : value

  const readBack = (of: Experiment): Experiment =>
    right(decode(experimentCodec)(turned(JSON.parse(JSON.stringify(experimentCodec.encode(of))))))

  test('is that of the same experiment read from a file, whatever the order of its keys', () => {
    fc.assert(
      fc.property(arbitraryExperiment, of => {
        for (const count of [0, 1, 2, 3])
          expect(identityOf(readBack(of), settings, count)).toBe(identityOf(of, settings, count))
      }),
      { numRuns: 40 },
    )
  })

  test('tells nets, steps and all that is fixed apart, and nothing else', () => {
    fc.assert(
      fc.property(arbitraryExperiment, arbitraryExperiment, (one, other) => {
        const [a, b] = [one, other].map(each => identityOf(each, settings))
        expect(a === b).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
      { numRuns: 40 },
    )
    const [of] = fc.sample(arbitraryExperiment, { numRuns: 1, seed: 1 })
    if (of === undefined) throw new Error('one was asked for')
    const { engine, data } = settings
    const names = [
      ...[0, 1, 2, 3].map(count => identityOf(of, settings, count)),
      ...[
        { ...settings, seed: 1 },
        { ...settings, engine: { ...engine, name: 'cpu' } },
        { ...settings, engine: { ...engine, version: '2' } },
        { ...settings, engine: { ...engine, threads: 2 } },
        { ...settings, data: { ...data, checksum: 'b' } },
        { ...settings, data: { ...data, take: 200 } },
        { ...settings, data: { checksum: 'a' } },
      ].map(other => identityOf(of, other)),
    ]
    expect(new Set(names).size).toBe(names.length)
    const elsewhere = {
      ...settings,
      data: { ...data, folder: '/here', skipBad: true },
      code: { version: '2', commit: 'abc' },
    }
    expect(identityOf(of, elsewhere)).toBe(identityOf(of, settings))
  })
})
