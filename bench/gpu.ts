/**
 * A smoke test of the TensorFlow engine on an NVIDIA card: what it computes beside the wasm engine on ten random nets, and
 * its training steps and memory beside PyTorch's on the same card. Writes bench/results/gpu.md and .json.
 *
 * npm run engine -- --gpu && npm run bench:gpu -- --setup           # PyTorch into a venv of its own first
 * npm run bench:gpu -- --device cpu --nets reference --rounds 1     # tries the script where there is no card
 */
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Diagnosis, diagnose } from '../src/engine/doctor.js'
import { openEngine } from '../src/engine/open.js'
import { gpuLines } from '../src/report/tables/diagnosis.js'
import { contestantsFor } from './contestants.js'
import { type Agreement, measureAgreement } from './gpu/agreement.js'
import { withCardMemory } from './gpu/card-memory.js'
import { missingForGpu } from './gpu/missing.js'
import { machine, machineLine } from './machine.js'
import { timedNet } from './nets.js'
import { peerPython, setUpPeers } from './peers.js'
import { markdown, memoryMarkdown, type Row } from './table.js'
import { done, keep } from './tools.js'
import { takeTurns } from './turns.js'

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: 'gpu' },
    nets: { type: 'string' },
    batches: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string', default: peerPython },
    setup: { type: 'boolean', default: false },
  },
})

const devices = {
  gpu: { nets: 'reference,resnet20,inception88-whole', batches: '64,256', torch: 'cuda' },
  cpu: { nets: 'reference,resnet20,inception88', batches: '16', torch: 'cpu' },
} as const

const isDevice = (name: string): name is keyof typeof devices => Object.hasOwn(devices, name)

type Device = keyof typeof devices

const names = ['TensorFlow', 'PyTorch NCHW', 'PyTorch NHWC']

/** Random nets, and the most that engines may be apart: a card sums in another order. */
const randomNets = 10
const tolerance = 1e-3

const agreementText = (rows: readonly Agreement[]): string => {
  const near = rows.filter(({ inference, step }) => Math.max(inference, step) <= tolerance).length
  return [
    '| layers | parameters | logits apart | weights apart after a step |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ layers, params, inference, step }) =>
        `| ${layers} | ${params} | ${inference.toExponential(1)} | ${step.toExponential(1)} |`,
    ),
    '',
    `${near} of ${rows.length} random nets agree with the wasm engine within ${tolerance}, relative to the largest value.`,
  ].join('\n')
}

/** Contestants one after another, alone on the card, so that its memory is theirs. */
const timeNet = async (name: string, batch: number, device: Device): Promise<Row> => {
  const net = await timedNet(name, join(tmpdir(), 'espalier-bench-nets'))
  const settings = { stage: 'train', batch, threads: availableParallelism(), python: options.python } as const
  const contestants = contestantsFor(net, { ...settings, torch: devices[device].torch }, names)
  const timings: Row['timings'][number][] = []
  for (const contestant of contestants) {
    const [[timing], most] = await withCardMemory(() => takeTurns([contestant], Number(options.rounds)))
    if (timing !== undefined)
      timings.push('failed' in timing || device === 'cpu' ? timing : { ...timing, peak: most * 2 ** 20 })
  }
  return { net, batch, timings }
}

const timeAll = async (device: Device): Promise<readonly Row[]> => {
  const rows: Row[] = []
  for (const name of (options.nets ?? devices[device].nets).split(','))
    for (const batch of (options.batches ?? devices[device].batches).split(',').map(Number)) {
      const row = await timeNet(name, batch, device)
      console.log(markdown([row], ['TensorFlow']).split('\n').at(-1))
      rows.push(row)
    }
  return rows
}

const failures = (rows: readonly Row[]): readonly string[] =>
  rows.flatMap(({ net, batch, timings }) =>
    timings.flatMap(timing =>
      'failed' in timing ? [`- ${net.name} at batch ${batch} in ${timing.name}: ${timing.failed}`] : [],
    ),
  )

const smoke = async (device: Device, found: Diagnosis): Promise<void> => {
  if (device === 'cpu') process.env.CUDA_VISIBLE_DEVICES = ''
  const engines = [await done(openEngine('wasm')), await done(openEngine('tensorflow'))] as const
  const agreement = await measureAgreement(engines, randomNets)
  console.log(agreementText(agreement))
  const rows = await timeAll(device)
  const text = [
    `# TensorFlow on a ${device === 'gpu' ? 'card' : 'processor'}, beside PyTorch`,
    [machineLine(machine()), ...gpuLines(found.gpu)].join('; '),
    agreementText(agreement),
    `Whole training steps, medians of ${options.rounds} rounds, each contestant alone:`,
    markdown(rows, ['TensorFlow']),
    `Peak memory ${device === 'gpu' ? 'on the card' : 'of the process'}:`,
    memoryMarkdown(rows),
    ...failures(rows),
  ].join('\n\n')
  console.log(text)
  if (device === 'cpu') return
  keep('gpu.md', text)
  keep('gpu.json', JSON.stringify({ machine: machine(), gpu: found.gpu, agreement, rows }, null, 1))
}

if (options.setup) setUpPeers()
if (!isDevice(options.device)) throw new Error(`no device ${options.device}: expected gpu or cpu`)
const found = await diagnose()
const missing = options.device === 'gpu' ? missingForGpu(found) : null
if (missing === null) await smoke(options.device, found)
else {
  console.error(missing)
  process.exitCode = 1
}
