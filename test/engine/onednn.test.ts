import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as O from 'fp-ts/lib/Option.js'
import { describe, expect, test } from 'vitest'
import { environment } from '../../src/engine/tensorflow/load.js'
import { findNative } from '../../src/engine/tensorflow/native.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { root } from '../support/programs/command.js'

describe('oneDNN', () => {
  test('is enabled before TensorFlow starts, on x64', () => {
    expect(environment(2, {}, 'x64')).toMatchObject({
      TF_ENABLE_ONEDNN_OPTS: '1',
      TF_NUM_INTRAOP_THREADS: '2',
    })
    expect(environment(2, {}, 'arm64')).not.toHaveProperty('TF_ENABLE_ONEDNN_OPTS')
  })

  test('respects the user’s setting', () => {
    expect(environment(2, { TF_ENABLE_ONEDNN_OPTS: '0' }, 'x64')).toMatchObject({
      TF_ENABLE_ONEDNN_OPTS: '0',
    })
  })

  test.each([
    ['2.20.0', '2.20.0+oneDNN', '0'],
    ['2.20.0+oneDNN', '2.20.0', '1'],
  ])('a run begun with %s does not go on with %s, and how it would is said', (began, now, flag) => {
    expect(renderMessage({ _tag: 'RunDiffers', folder: 'runs/a', what: 'engine version', began, now })).toBe(
      `runs/a: expected engine version ${began}, as when it began, got ${now}; try TF_ENABLE_ONEDNN_OPTS=${flag} in the environment`,
    )
  })
})

/** `engine` and `model` are there. */
const script = (lines: string): string => `
import { loadEngine } from '${join(root, 'src/engine/tensorflow/load.js')}'
import { trainDefaults } from '${join(root, 'src/learn/options.js')}'
import { trainCalls } from '${join(root, 'src/learn/training/calls.js')}'
import { rateFeeds } from '${join(root, 'src/learn/training/train.js')}'
import { latencies } from '${join(root, 'src/learn/evaluation/latency.js')}'
import { init } from '${join(root, 'src/net/weights.js')}'
import { imagesOf, reference, targetsOf } from '${join(root, 'bench/net.js')}'
const { right: engine } = await loadEngine({ threads: 2 })()
const model = init(0)(reference).right
${lines}
process.exit(0)
`

const run = async (env: NodeJS.ProcessEnv, lines: string): Promise<readonly string[]> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script(lines)],
    { cwd: root, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 },
  )
  return stdout.trim().split('\n')
}

/** The latency of one image, then what engine it was; oneDNN tells of each call on the same stdout. */
const measure = (env: NodeJS.ProcessEnv): Promise<readonly string[]> =>
  run(
    { ...env, ONEDNN_VERBOSE: '1' },
    "await latencies(engine, 1)([model])(); console.log('version', engine.version)",
  )

/** The losses of a few steps, to the last digit. */
const learn = `
const options = { ...trainDefaults, batchSize: 8 }
const { right: session } = await engine.open(trainCalls(options, 8)(model).right)()
session.write(model.weights)
const batch = { images: imagesOf(8), targets: targetsOf(8) }
for (let step = 0; step < 6; step++)
  console.log(session.run('train', { ...batch, ...rateFeeds(options)(step, 6) }).loss[0])
`

const isConvolution = (line: string): boolean => line.includes(',exec,cpu,convolution,')

const there = O.isSome(findNative()) && process.arch === 'x64'
if (!there) console.warn('skipped: tests of oneDNN, for which the TensorFlow engine is built on x64')

describe.skipIf(!there)('with TensorFlow on a CPU without AVX-512', () => {
  const isa = { ONEDNN_MAX_CPU_ISA: 'AVX2' }

  test('a single image is measured with kernels made for it, none of which packs its weights again', async () => {
    const lines = await measure({ ...isa, TF_ENABLE_ONEDNN_OPTS: undefined })
    const convolutions = lines.filter(isConvolution)
    expect(convolutions.length).toBeGreaterThan(0)
    for (const line of convolutions) expect(line).toMatch(/,brg/)
    expect(lines.at(-1)).toMatch(/^version \d+\.\d+\.\d+\+oneDNN$/)
  })

  test('stays off where the user disables it, as the version shows', async () => {
    const lines = await measure({ ...isa, TF_ENABLE_ONEDNN_OPTS: '0' })
    expect(lines.filter(isConvolution)).toEqual([])
    expect(lines.at(-1)).toMatch(/^version \d+\.\d+\.\d+$/)
  })

  test('the same steps give the same bits in another process, and others without it', async () => {
    const [once, again, without] = [
      await run(isa, learn),
      await run(isa, learn),
      await run({ TF_ENABLE_ONEDNN_OPTS: '0' }, learn),
    ]
    expect(once).toHaveLength(6)
    expect(again).toEqual(once)
    expect(without).not.toEqual(once)
  })
})
