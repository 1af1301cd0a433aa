/** A file, an experiment, data or a folder that cannot be trained is refused in one line. */
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeTensors } from '../../src/io/safetensors.js'
import { right } from '../support/nets/surgery.js'
import { espalier, expectRefused, expectRefusedAtOnce } from '../support/programs/command.js'
import { dsl, fine, quick, train, wasm } from '../support/programs/dsl-file.js'
import { scratch } from '../support/scratch.js'

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
