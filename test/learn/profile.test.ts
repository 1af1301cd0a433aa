import { expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { sum } from '../../src/io/count.js'
import { adviceFor } from '../../src/learn/profile/advice.js'
import { type Profile, profileInference, profilePhase } from '../../src/learn/profile/profile.js'
import { phaseFor, trainProgram } from '../../src/learn/training/transforms.js'
import { countMacs } from '../../src/net/counts.js'
import { profileText } from '../../src/report/tables/profile.js'
import { train } from '../../src/run/schedule/schedule.js'
import { available } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { placed, right } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { succeed } from '../support/scratch.js'

const model = modelOf(1)(tinyNet)

test('a profile of inference counts the multiply–accumulates of the net, on every engine', async () => {
  for (const [, engine] of await available(['wasm', 'tensorflow'])) {
    const profile = await succeed(profileInference(engine, 3, model))
    expect(profile.macs).toBe(3 * countMacs(placed(tinyNet)))
    expect(profile.peak).toBeGreaterThan(1e8)
    expect(sum(profile.kinds.map(({ macs }) => macs))).toBe(profile.macs)
  }
})

const expectProfileOf = async (engine: Engine): Promise<void> => {
  const step = train({ epochs: 1, batchSize: 9 })
  const phase = right(phaseFor({ dataset: tinyData(), seed: 0 }, step)(trainProgram(step, null, model)))
  const before = structuredClone(model.weights)
  const profile = await succeed(profilePhase(engine, phase, { model, slots: {} }))
  expect(profile.kinds.map(({ kind }) => kind)).toContain('convKernel')
  const times = profile.kinds.map(({ milliseconds }) => milliseconds)
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  expect(sum(profile.kinds.map(({ macs }) => macs))).toBe(profile.macs)
  expect(model.weights).toEqual(before)
  expect(profileText('a training step', profile)).toMatch(
    new RegExp(`^a training step on ${engine.name} with \\d+ threads?: `),
  )
}

test('a step is profiled by operation, the most costly first, and leaves the phase as it was', async () => {
  for (const [, engine] of await available(['wasm', 'tensorflow'])) await expectProfileOf(engine)
})

const usual: Profile = {
  engine: { name: 'wasm', version: '1', threads: 1 },
  inside: 100,
  outside: 1,
  macs: 1e9,
  operations: 100,
  peak: 1e11,
  kinds: [
    { kind: 'conv', operations: 50, milliseconds: 80, macs: 1e9, bytes: 1e6 },
    { kind: 'maxPool', operations: 50, milliseconds: 20, macs: 0, bytes: 1e6 },
  ],
}

test('what would help is what holds the call back', () => {
  const tags = [
    usual,
    { ...usual, outside: 90 },
    { ...usual, peak: 1.5e10 },
    { ...usual, operations: 100_000 },
    { ...usual, kinds: usual.kinds.map(each => ({ ...each, milliseconds: 50 })) },
  ].map(profile => adviceFor(profile)._tag)
  expect(tags).toEqual(['Products', 'Data', 'NearPeak', 'SmallOperations', 'Passes'])
  expect(profileText('a step', { ...usual, outside: 90 })).toContain('making batches takes 47 % of a step')
  expect(profileText('a step', { ...usual, kinds: [] })).toContain('--engine wasm does')
})
