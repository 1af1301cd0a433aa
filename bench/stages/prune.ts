/** Groups and pruning of a 28-module Inception net with weights, beside Torch-Pruning where Python has it. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { groups } from '../../src/net/channels/groups.js'
import { countParams } from '../../src/net/counts.js'
import { infer } from '../../src/net/infer.js'
import { init } from '../../src/net/weights.js'
import { inception, net, repeat, stack } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { machine, machineLine } from '../machine.js'
import { keep, median, right } from '../tools.js'

const module = (name: string) =>
  inception(name, { point: 128, three: [96, 160], five: [32, 64, 64], pool: 64 })

/** 28 modules of 416 channels. */
const large = net(
  'large',
  image(224, 224, 3),
  stack(
    'stem',
    convBnAct(64, 7, { stride: 2 }),
    maxPool(3, { stride: 2 }),
    convBnAct(64, 1),
    convBnAct(192),
    maxPool(3, { stride: 2 }),
  ),
  repeat('early', 9, module('')),
  maxPool(3, { stride: 2, name: 'half' }),
  repeat('middle', 10, module('')),
  maxPool(3, { stride: 2, name: 'quarter' }),
  repeat('late', 9, module('')),
  globalAvgPool,
  dense(1000),
)

const timed = (repeats: number, work: () => unknown): number =>
  median(
    Array.from({ length: repeats }, () => {
      const begin = performance.now()
      work()
      return performance.now() - begin
    }),
  )

/** Writes bench/results/prune.txt; `python` is one that has Torch-Pruning. */
export const measureGroups = (python: string): void => {
  const model = right(init(0)(large))
  const inferred = right(infer(large))
  const halve = () => right(prune({ keep: { params: 0.5 }, by: l1, normalize: 'global' })(model))
  const first = timed(1, halve)
  const rows = {
    'groups, ms': timed(9, () => groups(inferred)),
    'groups and prune to half the parameters, ms': timed(9, halve),
    'the same, first call, ms': first,
    'groups and prune by eta, ms': timed(9, () => right(prune({ eta: 1, by: l1, minChannels: 1 })(model))),
  }
  const script = fileURLToPath(new URL('prune_torch.py', import.meta.url))
  const peer = spawnSync(python, [script], { encoding: 'utf8' })
  const lines = [
    `${machineLine(machine())}; medians of 9`,
    `${countParams(inferred)} parameters, ${groups(inferred).length} groups`,
    ...Object.entries(rows).map(([what, ms]) => `${what.padEnd(48)}${ms.toFixed(1)}`),
    peer.status === 0
      ? peer.stdout.trimEnd()
      : `Torch-Pruning skipped: ${python} cannot import it; npm run bench -- --setup installs it`,
  ].join('\n')
  console.log(lines)
  keep('prune.txt', lines)
}
