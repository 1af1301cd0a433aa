/** Where a training step of the wasm engine goes, by operation and kernel, on one thread. Arguments: net, batch, rounds. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readModel } from '../../src/convert/model-file.js'
import type { Feeds } from '../../src/engine/engine.js'
import { type OperationCost, profileCall } from '../../src/engine/wasm/profile.js'
import { inputsOf } from '../../src/graph/graph.js'
import { trainDefaults } from '../../src/learn/options.js'
import { trainCalls } from '../../src/learn/training/calls.js'
import { rateFeeds } from '../../src/learn/training/train.js'
import { outputShape } from '../../src/net/infer.js'
import { channelsOf, sizeOf } from '../../src/net/shape.js'
import { imagesOf, targetsOf } from '../net.js'
import { timedNet } from '../nets.js'
import { done, right } from '../tools.js'

const [name = 'reference', size = '64', rounds = '7'] = process.argv.slice(2)
const batch = Number(size)
const options = { ...trainDefaults, batchSize: batch }
const { folder } = await timedNet(name, join(tmpdir(), 'espalier-bench', 'nets'))
const model = await done(readModel(join(folder, 'model.safetensors')))
const program = right(trainCalls(options, 1)(model))
const noise: Feeds = Object.fromEntries(
  Object.entries(inputsOf(program.train))
    .filter(([input]) => input.startsWith('noise/'))
    .map(([input, shape]) => [input, new Float32Array(sizeOf(shape)).fill(0.5)]),
)
const feeds = {
  ...noise,
  images: imagesOf(batch, model.net.input),
  targets: targetsOf(batch, channelsOf(outputShape(model))),
  ...rateFeeds(options)(500, 1000),
}
const costs = await profileCall({
  program,
  call: 'train',
  feeds,
  weights: model.weights,
  constants: {},
  rounds: Number(rounds),
})

/** The kernels of all operations of a kind; products and bytes count where the last kernel of an operation does. */
interface Row {
  readonly label: string
  readonly ms: number
  readonly macs: number
  readonly bytes: number
}

const rowsOf = ({ kind, kernels, macs, bytes }: OperationCost): readonly Row[] =>
  kernels.map(({ kernel, ms }, nth) => ({
    label: `${kind} ${kernel}`,
    ms,
    macs: nth === kernels.length - 1 ? macs : 0,
    bytes: nth === kernels.length - 1 ? bytes : 0,
  }))

const add = (a: Row, b: Row): Row => ({
  label: a.label,
  ms: a.ms + b.ms,
  macs: a.macs + b.macs,
  bytes: a.bytes + b.bytes,
})

const all = costs.flatMap(rowsOf)
const rows = [...new Set(all.map(({ label }) => label))]
  .map(label => all.filter(row => row.label === label))
  .map(group => group.reduce(add))
  .sort((a, b) => b.ms - a.ms)
const total = rows.reduce((sum, { ms }) => sum + ms, 0)

console.log(`${name}, batch ${batch}: ${total.toFixed(1)} ms\n`)
console.log('| operation and kernel | ms | share | GFLOP/s | MB a step |\n| --- | --- | --- | --- | --- |')
for (const { label, ms, macs, bytes } of rows.filter(row => row.ms > total / 500))
  console.log(
    `| ${label} | ${ms.toFixed(2)} | ${((100 * ms) / total).toFixed(1)} % | ${macs > 0 ? ((2 * macs) / ms / 1e6).toFixed(1) : ''} | ${(bytes / 1e6).toFixed(1)} |`,
  )
