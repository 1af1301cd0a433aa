import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { defaultEngine } from '../../src/engine/open.js'
import { decodeTensors, encodeTensors } from '../../src/io/safetensors.js'
import { right } from '../support/nets/surgery.js'
import {
  type Ended,
  espalier,
  expectRefused,
  expectRefusedAtOnce,
  root,
} from '../support/programs/command.js'
import { scratch } from '../support/scratch.js'

/** A DSL file: a net's layers, its name, and what is done with it. */
const dsl = (
  layers: string,
  { input = '28, 28, 1', data = 'glyphs({ train: 100, test: 20 })', schedule = quick } = {},
): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      'some.ts': `import * as e from '${root}/src/index.js'
const { avgPool, concat, convBnAct, dense, experiment, globalAvgPool, glyphs, image, maxPool, mnist, net, prune, push, shift, train, untilTarget, constant } = e
export default experiment(net('some', image(${input}), ${layers}), ${data}, ${schedule})
`,
    }),
    'some.ts',
  )

const quick = 'train({ epochs: 2, batchSize: 30, lrSchedule: constant() })'
const fine = 'convBnAct(4, 3, { stride: 4 }), convBnAct(4), globalAvgPool, dense(10)'

const wasm = ['--engine', 'wasm'] as const

const train = (file: string, ...more: readonly string[]): Promise<Ended> =>
  espalier(['train', file, ...wasm, '--out', join(scratch(), 'run'), ...more])

describe('help', () => {
  test('is everywhere', async () => {
    const [whole, ...each] = await Promise.all(
      [[], ['train'], ['resume'], ['describe']].map(args => espalier([...args, '--help'])),
    )
    expect([whole?.code, whole?.err]).toEqual([0, ''])
    for (const name of ['train', 'resume', 'describe', 'engine', 'doctor'])
      expect(whole?.out).toMatch(new RegExp(`^  ${name} .*\\S`, 'm'))
    for (const { code, out, err } of each) {
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('Usage: espalier ')
    }
  })

  test('is named where arguments are wrong, with near or valid values', async () => {
    const [word, option, engine, ...values] = await Promise.all(
      [
        ['trian'],
        ['train', '--sead', '3'],
        ['train', '--engine', 'cuda'],
        ...['-3', '', '1e300', '4294967296', '1.5'].map(seed => ['train', '--seed', seed]),
        ['train', '--take', '0'],
      ].map(args => espalier(args)),
    )
    if (!word || !option || !engine) throw new Error('three were asked')
    expectRefusedAtOnce(word, 'trian', 'train', '--help')
    expectRefusedAtOnce(option, '--sead', '--seed', '--help')
    const take = values.pop()
    for (const seed of values)
      expectRefusedAtOnce(seed, '--seed', /expected a whole number from 0 to 4,294,967,295, got '/)
    if (take !== undefined) expectRefusedAtOnce(take, '--take', /expected a whole number ≥ 1, got '0'/)
    expectRefusedAtOnce(engine, 'cuda', 'tensorflow, wasm, cpu')
  })
})

test('an argument more than a command takes is named', async () => {
  const surplus = async (command: string, expected: string, ...given: readonly string[]) => {
    const ended = await espalier([command, ...given, 'more', 'still'])
    expectRefusedAtOnce(ended, `${command}: expected ${expected} alone, got also 'more', 'still'; try --help`)
  }
  await Promise.all([
    surplus('train', '[file]', 'a'),
    surplus('resume', '<folder>', 'a'),
    surplus('describe', '[file]', 'a'),
    surplus('export', '<model>', 'a', '--to', 'onnx'),
    surplus('import', '<model>', 'a', '--out', 'b'),
    surplus('ablate', '[file]', 'a'),
    surplus('compare', '[file]', 'a'),
    surplus('engine', 'options'),
    surplus('doctor', 'options'),
  ])
})

test('describe prints a net layer by layer', async () => {
  const { code, out, err } = await espalier(['describe', dsl(fine)])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/some: 28×28×1/)
  expect(out).toMatch(/conv +conv 3×3\/4, 4 +7×7×4 +44 +1,764/)
  expect(out).toMatch(/total +246 +/)
})

test('a file may hold what is more than JavaScript with types', async () => {
  const folder = scratch({
    'package.json': '{ "type": "module" }',
    'some.ts': `import { conv, dense, flatten, image, net } from '${root}/src/index.js'
enum Channels { few = 4 }
export default net('some', image(28, 28, 1), conv(Channels.few, 3), flatten, dense(10))
`,
  })
  const { code, out, err } = await espalier(['describe', join(folder, 'some.ts')])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/total +31,410 +/)
})

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

describe('a file', () => {
  const file = (content: string): string =>
    join(scratch({ 'package.json': '{ "type": "module" }', 'some.ts': content }), 'some.ts')

  test.each([
    [
      'that does not exist',
      () => join(scratch(), 'none.ts'),
      [/none\.ts/, 'expected a file or folder, got none'],
    ],
    [
      'that exports nothing',
      () => file('export const a = 1\n'),
      [/some\.ts/, 'default export: expected an experiment, got undefined', 'an experiment'],
    ],
    [
      'that exports something else',
      () => file('export default { _tag: "tree" }\n'),
      ['_tag: expected "experiment", got "tree"', 'experiment'],
    ],
    ['that throws', () => file("throw new Error('out of wood')\n"), [/some\.ts/, 'out of wood']],
    [
      'that is no TypeScript',
      () => file('export default (\n'),
      [/some\.ts:2/, /Unexpected (end of file|token)/],
    ],
  ] as const)('%s', async (_, of, said) => {
    expectRefusedAtOnce(await train(of()), ...said)
  })

  test('that throws shows its stack with --debug', async () => {
    const { code, err } = await train(file("throw new Error('out of wood')\n"), '--debug')
    expect(code).toBe(1)
    expect(err).toMatch(/espalier: .*out of wood\); try npx tsx .*\n/)
    expect(err).toMatch(/\n {4}at .*some\.ts:1/)
  })
})

describe('an experiment', () => {
  test.each([
    [
      'whose window does not fit',
      'convBnAct(4, 31, { padding: "valid", name: "stem" }), globalAvgPool, dense(10)',
      ['stem', 'window', 'got 31', '28×28×1', 'smaller'],
    ],
    [
      'whose branches differ',
      'concat("fork", convBnAct(4), convBnAct(4, 3, { stride: 2 })), globalAvgPool, dense(10)',
      ['fork', '14×14×4', '28×28×4'],
    ],
    [
      'of two layers of one name',
      'convBnAct(4, 3, { name: "a" }), convBnAct(4, 3, { name: "a" }), globalAvgPool, dense(10)',
      ['got two named a', 'another name'],
    ],
    [
      'of an option misspelt',
      'convBnAct(12, 3, { strides: 2, activaton: null }), globalAvgPool, dense(10)',
      ["layer conv (conv): expected a known option, got 'strides'; try 'stride'"],
    ],
    [
      'of no filters',
      'convBnAct(0), globalAvgPool, dense(10)',
      ['layer conv (conv)', 'filters: expected a whole number ≥ 1, got 0', '≥ 1'],
    ],
  ] as const)('%s', async (_, layers, said) => {
    expectRefused(await train(dsl(layers)), ...said)
  })

  test('of another number of classes, or another size, than the data’s', async () => {
    expectRefused(
      await train(dsl('convBnAct(4), globalAvgPool, dense(7)')),
      'one output per class, 10 in all',
      'got 7',
    )
    expectRefused(await train(dsl(fine, { input: '32, 32, 3' })), '32×32×3', '28×28×1')
  })

  test('whose loss overflows keeps its last good checkpoint and says what to try', async () => {
    const folder = join(scratch(), 'run')
    const wild = dsl('convBnAct(4, 3, { norm: false }), globalAvgPool, dense(10)', {
      schedule: `${quick}, train({ epochs: 2, batchSize: 30, learningRate: 1e30, lrSchedule: constant() })`,
    })
    expectRefused(
      await espalier(['train', wild, ...wasm, '--out', folder]),
      'loss',
      /epoch 1, batch \d/,
      'lower learningRate',
      'clip',
    )
    const { metadata } = right(decodeTensors(readFileSync(join(folder, 'checkpoint.safetensors'))))
    expect(JSON.parse(metadata.checkpoint ?? '').stages.length).toBe(1)
  })
})

describe('data', () => {
  const idx = (sizes: readonly number[]): Buffer => {
    const header = Buffer.alloc(4 + 4 * sizes.length)
    header.writeUInt32BE(0x0800 + sizes.length, 0)
    for (const [axis, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * axis)
    return Buffer.concat([
      header,
      Uint8Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, at) => at % 3),
    ])
  }
  const files: Readonly<Record<string, Buffer>> = {
    'train-images-idx3-ubyte': idx([30, 6, 6]),
    'train-labels-idx1-ubyte': idx([30]),
    't10k-images-idx3-ubyte': idx([6, 6, 6]),
    't10k-labels-idx1-ubyte.gz': gzipSync(idx([6])),
  }
  const small = dsl('convBnAct(3), globalAvgPool, dense(3)', {
    input: '6, 6, 1',
    data: 'mnist()',
    schedule: 'train({ batchSize: 9 })',
  })

  test.each([
    [
      'cut short',
      'train-images-idx3-ubyte',
      (bytes: Buffer) => bytes.subarray(0, 500),
      [/byte 4/, '30×6×6', '500 bytes'],
    ],
    [
      'of another kind',
      'train-labels-idx1-ubyte',
      (bytes: Buffer) => Buffer.from(bytes.with(2, 0x0d)),
      [/byte 0/],
    ],
    [
      'packed and corrupt',
      't10k-labels-idx1-ubyte.gz',
      (bytes: Buffer) => Buffer.from(bytes.with(12, 0xff)),
      [/byte \d+/],
    ],
  ] as const)('%s is named with the file and the byte', async (_, name, damage, said) => {
    const folder = scratch({ ...files, [name]: damage(files[name] ?? Buffer.alloc(0)) })
    expectRefused(await train(small, '--data', folder), join(folder, name), ...said)
  })

  test('that is valid trains', async () => {
    const { code, out } = await train(small, '--data', scratch({ ...files }), '--json')
    expect([code, JSON.parse(out).data.name]).toEqual([0, 'mnist'])
  })

  test('that is missing is named, with the folder', async () => {
    const folder = scratch()
    expectRefused(await train(small, '--data', folder), folder, 'train-images-idx3-ubyte')
  })
})

describe('the folder of a run', () => {
  test('with a file in the way', async () => {
    const folder = scratch({ taken: 'by a file' })
    const ended = await espalier(['train', dsl(fine), ...wasm, '--out', join(folder, 'taken', 'run')])
    expectRefused(ended, join(folder, 'taken'), /not a directory/)
    expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe('by a file')
  })

  const bound = process.getuid?.() !== 0
  if (!bound) console.warn('skipped: a folder that may not be written: root may write anywhere')

  test.runIf(bound)('that may not be written', async () => {
    const folder = scratch()
    chmodSync(folder, 0o500)
    const ended = await espalier(['train', dsl(fine), ...wasm, '--out', join(folder, 'run')])
    chmodSync(folder, 0o700)
    expectRefused(ended, folder, /permission denied/)
  })
})
