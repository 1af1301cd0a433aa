/** What is said of NVIDIA cards, with a driver that is played and without one. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as O from 'fp-ts/lib/Option.js'
import { afterEach, expect, test, vi } from 'vitest'
import { missingForGpu } from '../../bench/gpu/missing.js'
import type { Diagnosis } from '../../src/engine/doctor.js'
import { diagnoseGpu, type GpuDiagnosis, parseCards } from '../../src/engine/gpu.js'
import type { Native } from '../../src/engine/tensorflow/install/cache.js'
import { gpuLines } from '../../src/report/tables/diagnosis.js'
import { scratch } from '../support/scratch.js'

afterEach(() => vi.unstubAllEnvs())

const h100 = 'NVIDIA H100 80GB HBM3, 550.54.15, 9.0, 81559'

/** A folder whose `nvidia-smi` runs a line of a shell. */
const driverThat = (line: string): string => {
  const folder = scratch()
  const program = join(folder, 'nvidia-smi')
  writeFileSync(program, `#!/bin/sh\n${line}\n`)
  chmodSync(program, 0o755)
  return folder
}

const stock: Native = { source: 'stock', file: 'tfjs_binding.node', addon: O.none }

test('a driver names its cards', async () => {
  expect(parseCards('')).toEqual([])
  vi.stubEnv('PATH', driverThat(`echo '${h100}'; echo '${h100}'`))
  const gpu = await diagnoseGpu(O.some(stock))()
  const card = {
    name: 'NVIDIA H100 80GB HBM3',
    driver: '550.54.15',
    computeCapability: '9.0',
    memory: 81559,
  }
  expect(gpu).toEqual({ cards: [card, card], build: 'stock', cuda: [] })
  expect(gpuLines(gpu)[0]).toBe(
    'card: NVIDIA H100 80GB HBM3, compute capability 9.0, 81,559 MiB; driver 550.54.15',
  )
})

test.each(['exit 9', 'echo; echo broken', 'rm "$0"'])('a driver that does not: %s', async line => {
  vi.stubEnv('PATH', driverThat(line))
  const { cards } = await diagnoseGpu(O.none)()
  expect(cards ?? []).toEqual([])
})

test('what a card is missing is one line, and nothing where TensorFlow sees it', () => {
  const gpu: GpuDiagnosis = { cards: null, build: 'cpu', cuda: [] }
  const diagnosis = { tried: O.none, gpu } as unknown as Diagnosis // the rest is not asked for
  const line = missingForGpu(diagnosis) ?? ''
  for (const part of ['no NVIDIA driver answers', 'built for CPUs', 'engine -- --gpu', '--device cpu'])
    expect(line).toContain(part)
  expect(line).not.toContain('\n')
  const answer = { _tag: 'Right', right: { gpu: true } }
  const seen = { gpu, tried: O.some({ answer }) } as unknown as Diagnosis // the rest is not asked for
  expect(missingForGpu(seen)).toBeNull()
})
