/** What learning takes, in multiply–accumulates: a count of nets and images, recorded by every run. */
import { expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { evidenceMacs, trainingMacs } from '../../../src/learn/training-macs.js'
import { countMacs } from '../../../src/net/counts.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { prune, train } from '../../../src/run/schedule/schedule.js'
import { available } from '../../support/engines.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { tinyNet } from '../../support/nets/tiny.js'
import { again, expectSame, lastOf, told } from '../../support/running.js'

const engine = (await available(['wasm']))[0]?.[1] as Engine // comes with the package
const macs = countMacs(modelOf(2)(tinyNet))

test('an image takes three passes in training, and one of the teacher', () => {
  const size = { epochs: 2, batches: 3, batchSize: 5, macs: 100, teacherMacs: 0 }
  expect(trainingMacs(size)).toBe(2 * 3 * 5 * 300)
  expect(trainingMacs({ ...size, teacherMacs: 40 })).toBe(2 * 3 * 5 * 340)
})

test('evidence takes the passes that it needs', () => {
  expect(evidenceMacs('weights', 10, 100)).toBe(0)
  expect(evidenceMacs('activations', 10, 100)).toBe(1000)
  expect(evidenceMacs('gradients', 10, 100)).toBe(2000)
})

/** 36 images an epoch. */
const run = experiment(
  tinyNet,
  glyphs(),
  train({ epochs: 2, batchSize: 9 }),
  prune({ by: 'taylor', images: 18, keep: { params: 0.7 } }),
  train({ epochs: 1, batchSize: 12, distill: { temperature: 2, weight: 0.5 } }),
)

test('a run counts its trainings and its criteria, stage by stage', async () => {
  const { stages, trainingMacs: whole } = lastOf(await told(engine, run))
  const [first, second, third] = stages.map(({ trainingMacs: count }) => count)
  expect(first).toBe(2 * 36 * 3 * macs)
  expect(second).toBe(18 * 2 * macs)
  expect(third).toBe(36 * (3 * (stages[2]?.macs ?? 0) + macs))
  expect(whole).toBe((first ?? 0) + (second ?? 0) + (third ?? 0))
})

test('a training that ends early counts the epochs there were', async () => {
  const early = experiment(tinyNet, glyphs(), train({ epochs: 5, batchSize: 9, freeze: [''], patience: 1 }))
  expect(lastOf(await told(engine, early)).trainingMacs).toBe(2 * 36 * 3 * macs)
})

test('a run stopped and taken up again counts alike', async () => {
  const first = await told(engine, run, { after: 6 })
  const resumed = await told(engine, run, { from: await again(lastOf(first)), log: first.log })
  const whole = await told(engine, run)
  expectSame(resumed, whole)
  expect(lastOf(resumed).trainingMacs).toBe(lastOf(whole).trainingMacs)
})
