/** One cut of any model by the command: with images and without, and what is refused. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { encodeModelFile, readModelFile } from '../../src/convert/model-file.js'
import { openEngine } from '../../src/engine/open.js'
import { countMacs, countParams } from '../../src/net/counts.js'
import { init } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { net } from '../../src/net/words/combinators.js'
import { conv, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { calibrationData, checkClassNames } from '../../src/run/standalone/calibration-data.js'
import { pruneByWeights, pruneOnce, usualRepair } from '../../src/run/standalone/prune-once.js'
import { l1, perCost } from '../../src/surgery/prune/criteria.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { left, right } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { espalier, expectRefusedAtOnce } from '../support/programs/command.js'
import { ownCache, scratch, succeed } from '../support/scratch.js'

ownCache()

const classes = ['ant', 'bee']
const whole = net('whole', image(12, 12, 3), conv(12), relu, conv(16), relu, globalAvgPool, dense(2))
const model = right(init(0)(whole))
const preprocessing = {
  size: [12, 12, 3],
  resize: { height: 16, width: 16, fit: 'cover' },
  ...{ mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.25, 0.3] },
  classes,
} as const

/** Class folders of noise. */
const photos = async (): Promise<string> => {
  const files = await Promise.all(
    classes.flatMap((name, label) =>
      Array.from({ length: 8 }, async (_, nth) => {
        const data = Uint8Array.from({ length: 20 * 18 * 3 }, (_, at) => (at * (7 + nth) + 90 * label) % 256)
        const bytes = await sharp(data, { raw: { width: 20, height: 18, channels: 3 } })
          .png()
          .toBuffer()
        return [`${name}/${nth}.png`, bytes] as const
      }),
    ),
  )
  return scratch(Object.fromEntries(files))
}

test('by weights alone it is the prune of a schedule, without an image', () => {
  const by = perCost('macs', 0.5)(l1)
  const expected = right(prune({ keep: { macs: 0.5 }, by, normalize: 'layer', floor: 0.1 })(model)).model
  expect(right(pruneByWeights({ keep: { macs: 0.5 } }, 'l1')(model))).toEqual(expected)
  expect(countMacs(expected)).toBeLessThanOrEqual(0.5 * countMacs(model))
})

test('is repaired by reconstruction where there is no batch norm', () => {
  expect(usualRepair(model)).toBe('reconstruct')
  expect(usualRepair(right(init(0)(tinyNet)))).toBe('batchNorm')
})

test('a cut that takes nothing leaves the accuracy as it was', async () => {
  const engine = await succeed(openEngine('wasm', 1))
  const tiny = right(init(0)(tinyNet))
  const options = { keep: { macs: 1 }, by: 'l1', repair: 'reconstruct' } as const
  const done = await succeed(pruneOnce(options, { engine, dataset: tinyData() })(tiny))
  expect(done.model.net).toEqual(tiny.net)
  expect([done.cut, done.repaired]).toEqual([done.before, done.before])
})

test('prepares images as the model was trained on: scaled, cropped, normalised', () => {
  const { mean, deviation } = preprocessing
  expect(calibrationData(model, preprocessing)).toMatchObject({
    image: [16, 16, 3],
    augment: [{ _tag: 'randomCrop', padding: 0, size: 12 }],
    normalise: { mean, deviation },
  })
  expect(calibrationData(model, null)).toMatchObject({ image: [12, 12, 3], augment: [], normalise: null })
})

test('other classes are refused, by number and by name', () => {
  const check = (data: readonly string[], own: readonly string[] | null) =>
    pipe(model, checkClassNames({ classes: data }, { file: 'a.onnx', classes: own }, 'data'))
  expect(left(check(['ant', 'bee', 'cow'], null))).toMatchObject({ _tag: 'ClassesDiffer', values: 2 })
  expect(left(check(['bee', 'ant'], classes))).toMatchObject({ classes, data: ['bee', 'ant'] })
  expect(E.isRight(check(['x', 'y'], null))).toBe(true)
})

describe('the command', () => {
  const folder = scratch()
  const [own, bare] = [join(folder, 'own.safetensors'), join(folder, 'onnx/model.onnx')]
  let data = ''
  beforeAll(async () => {
    data = await photos()
    writeFileSync(own, encodeModelFile(model, preprocessing))
    await succeed(exportModel({ to: 'onnx', folder: join(folder, 'onnx') })(model))
  })

  test('cuts on images, and by weights alone, whichever format a model has', async () => {
    const seen = join(folder, 'new/seen.safetensors')
    const [measured, alone, described, named] = await Promise.all(
      [
        ['prune', own, '--keep', 'macs=0.5', '--data', data, '--engine', 'wasm'],
        ['prune', bare, '--keep', 'params=0.6', '--out', join(folder, 'new/small.safetensors')],
        ['describe', bare],
        ['prune', bare, '--keep', 'params=0.6', '--data', data, '--engine', 'wasm', '--out', seen],
      ].map(args => espalier(args)),
    )
    if (!measured || !alone || !described || !named) throw new Error('four were asked')
    expect([measured.code, alone.code, described.code], measured.err + alone.err).toEqual([0, 0, 0])
    expect(measured.err.split('\n')[0]).toBe(
      'by taylor, repaired by reconstruct, both on 7 images; accuracy on 8 images that neither has seen; 1 test image not used',
    )
    expect(measured.out).toMatch(
      /parameters +MACs +accuracy\nbefore .* %\ncut .* %\nrepaired .* %\n\nwrote .*own-/,
    )
    const found = await succeed(readModelFile(join(folder, 'own-pruned.safetensors')))
    expect(countMacs(found.model)).toBeLessThanOrEqual(0.5 * countMacs(model))
    expect(found.preprocessing).toEqual(preprocessing)
    expect(alone.err).toContain('by l1, from the weights alone, and not repaired')
    expect(alone.out).toMatch(/^ +parameters +MACs\nbefore .*\nafter .*\n\nwrote .*small.safetensors\n$/)
    const small = (await succeed(readModelFile(join(folder, 'new/small.safetensors')))).model
    expect(countParams(small)).toBeLessThanOrEqual(0.6 * countParams(model))
    expect(described.out).toContain('12×12×3')
    expect(named.err).toContain('mean and deviation are those of the images')
    const prepared = (await succeed(readModelFile(seen))).preprocessing
    expect(prepared).toMatchObject({ size: [12, 12, 3], classes })
  })

  test('refuses what needs images, and a file that is there, before anything is written', async () => {
    const there = join(folder, 'there.safetensors')
    writeFileSync(there, '')
    const [taylor, repair, much, none, taken] = await Promise.all(
      [
        ['--keep', 'macs=0.5', '--by', 'taylor'],
        ['--keep', 'macs=0.5', '--repair', 'batchNorm'],
        ['--keep', 'macs=2'],
        [],
        ['--keep', 'macs=0.5', '--out', there],
      ].map(more => espalier(['prune', bare, ...more])),
    )
    if (!taylor || !repair || !much || !none || !taken) throw new Error('five were asked')
    expectRefusedAtOnce(
      taylor,
      /--by taylor: expected images, got none; try --data or --experiment, or --by l1/,
    )
    expectRefusedAtOnce(repair, /--repair: expected images, got none/)
    expectRefusedAtOnce(
      much,
      /expected params, macs, bytes or latency and a share above 0 and up to 1, as in macs=0.5, got '/,
    )
    expectRefusedAtOnce(none, /expected the option --keep/)
    expectRefusedAtOnce(taken, /there.safetensors: expected no file of this name/)
    expect(existsSync(join(folder, 'onnx/model-pruned.safetensors'))).toBe(false)
  })
})
