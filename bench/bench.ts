/**
 * Speeds beside peers: a whole training step, and inference, of each net on each engine, in PyTorch, onnxruntime and tfjs;
 * what pruning saves in time; groups and pruning beside Torch-Pruning; push and trace beside a training step; export and
 * import; and the start of each command. Writes bench/results/STAGE.md and others.
 *
 * npm run bench -- --setup                                  # the peers into a venv of their own first, then all
 * npm run bench -- infer --nets tiny,resnet20 --batches 1
 * npm run bench -- train --python VENV/bin/python --contestants wasm,TensorFlow
 */
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contestantsFor, ownNames, type Stage } from './contestants.js'
import { machine, machineLine } from './machine.js'
import { netNames, timedNet } from './nets.js'
import { peerPython, setUpPeers } from './peers.js'
import { measureConversions } from './stages/convert.js'
import { measureGroups } from './stages/prune.js'
import { measurePruned } from './stages/pruned.js'
import { measurePush } from './stages/push.js'
import { measureStart } from './stages/start.js'
import { markdown, memoryMarkdown, type Row, summaryOf } from './table.js'
import { keep } from './tools.js'
import { takeTurns } from './turns.js'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: peerPython },
    setup: { type: 'boolean', default: false },
    nets: { type: 'string' },
    batches: { type: 'string' },
    contestants: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    'round-to': { type: 'string' },
    threads: { type: 'string', default: `${availableParallelism()}` },
  },
})

const stages = { train: [32, 64, 256], infer: [1, 64] } as const satisfies Record<Stage, readonly number[]>

const isStage = (name: string): name is Stage => Object.hasOwn(stages, name)

const list = (text: string | undefined): readonly string[] | undefined => text?.split(',')

const files = join(tmpdir(), 'espalier-bench-nets')

const netsOf = (stage: Stage): readonly string[] =>
  list(options.nets) ?? (stage === 'train' ? netNames : netNames.flatMap(name => [name, `${name}-pruned`]))

const timeNet = async (stage: Stage, name: string, batch: number): Promise<Row> => {
  const net = await timedNet(name, files)
  const { python } = options
  const settings = { stage, batch, threads: Number(options.threads), python }
  const contestants = contestantsFor(net, settings, list(options.contestants))
  return { net, batch, timings: await takeTurns(contestants, Number(options.rounds)) }
}

const failures = (rows: readonly Row[]): readonly string[] =>
  rows.flatMap(({ net, batch, timings }) =>
    timings.flatMap(timing =>
      'failed' in timing ? [`- ${net.name} at batch ${batch} in ${timing.name}: ${timing.failed}`] : [],
    ),
  )

const report = (stage: Stage, rows: readonly Row[]): string =>
  [
    `# ${stage === 'train' ? 'A whole training step' : 'Inference'}`,
    `${machineLine(machine())}; ${options.threads} threads; medians of ${options.rounds} rounds, each contestant alone in its turn.`,
    markdown(rows, ownNames),
    `Peak memory of the process:`,
    memoryMarkdown(rows),
    ...failures(rows),
  ].join('\n\n')

const runStage = async (stage: Stage): Promise<void> => {
  const rows: Row[] = []
  for (const name of netsOf(stage))
    for (const batch of list(options.batches)?.map(Number) ?? stages[stage]) {
      const row = await timeNet(stage, name, batch)
      console.log(markdown([row], ownNames).split('\n').at(-1))
      rows.push(row)
      keep(`${stage}.md`, report(stage, rows))
      keep(
        `${stage}.json`,
        JSON.stringify({ machine: machine(), threads: options.threads, rows: rows.map(summaryOf) }, null, 1),
      )
    }
  console.log(report(stage, rows))
}

const timePruned = (): Promise<void> =>
  measurePruned({
    nets: list(options.nets) ?? ['reference', 'resnet20', 'mobilenetv2', 'googlenet'],
    files,
    batches: (list(options.batches) ?? ['1', '64']).map(Number),
    threads: Number(options.threads),
    python: options.python,
    rounds: Number(options.rounds),
    contestants: list(options.contestants) ?? [...ownNames, 'onnxruntime'],
    roundTo: list(options['round-to'])?.map(Number) ?? [undefined],
  })

const rounds = Number(options.rounds)

/** The stages that have a file of their own. */
const others: Readonly<Record<string, () => Promise<void> | void>> = {
  pruned: timePruned,
  prune: () => measureGroups(options.python),
  push: async () => {
    for (const name of list(options.contestants) ?? ownNames) await measurePush(name.toLowerCase(), rounds)
  },
  convert: () =>
    measureConversions(list(options.nets) ?? ['reference', 'resnet20', 'googlenet'], files, rounds),
  start: () => measureStart(rounds),
}

const all = [...Object.keys(stages), ...Object.keys(others)]

if (options.setup) setUpPeers()
for (const stage of positionals.length > 0 ? positionals : all) {
  if (isStage(stage)) await runStage(stage)
  else if (others[stage] === undefined) throw new Error(`no stage ${stage}: expected ${all.join(', ')}`)
  else await others[stage]()
}
