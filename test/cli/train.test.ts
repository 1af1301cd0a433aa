/** A run: what it prints and saves, how it is stopped, and what is not resumed. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { defaultEngine } from '../../src/engine/open.js'
import { decodeTensors, encodeTensors } from '../../src/io/safetensors.js'
import { right } from '../support/nets/surgery.js'
import { type Ended, espalier, expectRefused, expectRefusedAtOnce } from '../support/programs/command.js'
import { dsl, fine, quick, wasm } from '../support/programs/dsl-file.js'
import { scratch } from '../support/scratch.js'

describe('a run', () => {
  const folder = join(scratch(), 'run')
  let ended: Ended
  beforeAll(async () => {
    ended = await espalier(['train', dsl(fine), ...wasm, '--out', folder, '--seed', '0', '--json'])
  })

  /** The run again, elsewhere, so that it can be damaged. */
  const copied = (): string => {
    const copy = join(scratch(), 'copy')
    cpSync(folder, copy, { recursive: true })
    return copy
  }

  const checkpointed = (path: string, edit: (bytes: Uint8Array) => Uint8Array): void => {
    const file = join(path, 'checkpoint.safetensors')
    writeFileSync(file, edit(readFileSync(file)))
  }

  test('ends with its result as one line of JSON on stdout', () => {
    expect([ended.code, ended.out.split('\n').length]).toEqual([0, 2])
    const result = JSON.parse(ended.out)
    expect(result).toEqual({
      experiment: 'some',
      engine: { name: 'wasm', version: expect.any(String), threads: expect.any(Number) },
      code: {
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        commit: expect.stringMatching(/^[0-9a-f]{12}(-dirty)?$/),
      },
      seed: 0,
      data: { name: 'glyphs', checksum: expect.stringMatching(/^[0-9a-f]{16}$/) },
      params: 246,
      macs: expect.any(Number),
      trainingMacs: expect.any(Number),
      stages: [
        {
          name: 'train',
          params: 246,
          macs: expect.any(Number),
          validation: { accuracy: expect.any(Number) },
          seconds: expect.any(Number),
          trainingMacs: expect.any(Number),
        },
      ],
      test: { accuracy: expect.any(Number), loss: expect.any(Number) },
      seconds: expect.any(Number),
      out: folder,
    })
  })

  test('prints progress on stderr, and the missing engine, and saves all in its folder', () => {
    const advice = 'for an engine that is faster with larger nets: npm run engine'
    expect(ended.err.includes(advice)).toBe(defaultEngine() === 'wasm')
    expect(ended.err).toMatch(/epoch 2: loss \d+\.\d+, training [\d.]+ %, validation [\d.]+ %/)
    expect(readdirSync(folder).sort()).toEqual([
      'checkpoint.safetensors',
      'events.jsonl',
      'experiment.json',
      'model.safetensors',
      'predictions.json',
      'report.html',
      'result.json',
      'run.json',
    ])
    const { tensors, metadata } = right(decodeTensors(readFileSync(join(folder, 'model.safetensors'))))
    expect(tensors['conv/kernel']?.shape).toEqual([3, 3, 1, 4])
    expect(JSON.parse(metadata.net ?? '')).toMatchObject({ _tag: 'net', name: 'some' })
  })

  test('is printed as a table without --json', async () => {
    const { code, out } = await espalier(['resume', folder])
    expect(code).toBe(0)
    expect(out).toMatch(/1 train +246 /)
    expect(out).toMatch(/test [\d.]+ % \(loss [\d.]+\) with 246 parameters/)
    expect(out).toContain(`saved in ${folder}`)
  })

  test('with NaN in its checkpoint is not resumed', async () => {
    const copy = copied()
    checkpointed(copy, bytes => {
      const { tensors, metadata } = right(decodeTensors(bytes))
      const scale = tensors['model:conv/scale'] ?? { shape: [], data: new Float32Array() }
      const broken = { ...scale, data: scale.data.with(2, Number.NaN) }
      return encodeTensors({ ...tensors, 'model:conv/scale': broken }, metadata)
    })
    expectRefused(
      await espalier(['resume', copy]),
      join(copy, 'checkpoint'),
      'conv/scale',
      /value 2: expected a finite number, got NaN/,
    )
  })

  test('with the checkpoint of another run is not resumed, forced or not', async () => {
    const [copy, other] = [copied(), join(scratch(), 'other')]
    await espalier(['train', dsl(fine), ...wasm, '--out', other, '--seed', '1'])
    cpSync(join(other, 'checkpoint.safetensors'), join(copy, 'checkpoint.safetensors'))
    for (const args of [
      ['resume', copy],
      ['train', dsl(fine), '--resume', copy, '--force'],
    ])
      expectRefused(await espalier(args), join(copy, 'checkpoint.safetensors'), 'of another run', '; try ')
  })

  test('with a truncated checkpoint is not resumed', async () => {
    const copy = copied()
    checkpointed(copy, bytes => bytes.subarray(0, bytes.length - 5))
    expectRefused(
      await espalier(['resume', copy]),
      join(copy, 'checkpoint'),
      /byte \d+/,
      /expected [\d,]+ more bytes, got [\d,]+/,
    )
  })

  test('is not begun again in its folder', async () => {
    const before = readFileSync(join(folder, 'checkpoint.safetensors'))
    expectRefused(
      await espalier(['train', dsl(fine), ...wasm, '--out', folder]),
      folder,
      'holds a run',
      'resume',
    )
    expect(readFileSync(join(folder, 'checkpoint.safetensors'))).toEqual(before)
  })

  test('whose file has changed shows the difference, and is resumed with --force', async () => {
    const copy = copied()
    const longer = dsl(fine, { schedule: `${quick}, train({ epochs: 1, batchSize: 30 })` })
    const wider = dsl(fine.replace('convBnAct(4),', 'convBnAct(5),'))
    const [same, added, other] = await Promise.all(
      [dsl(fine), longer, wider].map(file => espalier(['train', file, '--resume', copy, '--json'])),
    )
    expect(same?.code).toBe(0)
    if (added) expectRefused(added, copy, /schedule\.1 \{.*"train".* instead of nothing/, '--force')
    if (other) expectRefused(other, /net\.body.*filters 5 instead of 4/)
    const { code, out } = await espalier(['train', longer, '--resume', copy, '--force', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out).stages.length).toBe(2)
    for (const args of [[longer], ['--resume', copy]])
      expectRefusedAtOnce(await espalier(['train', ...args, '--force']), '--force', '--resume and a file')
  })

  test('of something else is not resumed', async () => {
    const elsewhere = scratch()
    expectRefusedAtOnce(await espalier(['resume', elsewhere]), elsewhere, 'expected the folder of a run')
    const copy = copied()
    const settings = JSON.parse(readFileSync(join(copy, 'run.json'), 'utf8'))
    writeFileSync(join(copy, 'run.json'), JSON.stringify({ ...settings, data: { checksum: 'another' } }))
    expectRefused(
      await espalier(['train', '--resume', copy]),
      copy,
      'data checksum another',
      'try data of checksum another',
    )
    writeFileSync(join(copy, 'run.json'), JSON.stringify({ ...settings, speed: 3 }))
    expectRefusedAtOnce(await espalier(['resume', copy]), join(copy, 'run.json'), 'speed')
  })
})

describe('stopped by Ctrl-C', () => {
  const endless = dsl(fine, { schedule: 'train({ epochs: 40, batchSize: 9, lrSchedule: constant() })' })
  const folder = join(scratch(), 'run')
  let ended: Ended
  beforeAll(async () => {
    ended = await espalier(['train', endless, ...wasm, '--out', folder], { stopAt: 'epoch 1:' })
  })

  const checkpoint = () => readFileSync(join(folder, 'checkpoint.safetensors'))

  test('a run prints how to resume it, and exits with the code of shells', () => {
    expect([ended.code, ended.out]).toEqual([130, ''])
    expect(ended.err).toMatch(new RegExp(`\nstopped; continue with: npm run resume -- ${folder}\n$`))
    expect(ended.err).not.toContain('espalier:')
    expect(existsSync(join(folder, 'result.json'))).toBe(false)
  })

  test('where nothing more can be written it fails with all that was saved, and can be resumed', async () => {
    const before = checkpoint()
    expectRefused(await espalier(['resume', folder], { most: 2 }), folder, /EFBIG|too large/i)
    expect(checkpoint()).toEqual(before)
    expect(readdirSync(folder).filter(name => name.endsWith('.part'))).toEqual([])
    const { code, out } = await espalier(['resume', folder, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out).stages.length).toBe(1)
    const log = readFileSync(join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n')
    const epochs = log.flatMap(line => JSON.parse(line).epoch ?? [])
    expect(epochs).toEqual(Array.from({ length: 40 }, (_, nth) => nth))
  })
})
