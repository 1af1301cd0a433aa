/** Who is timed at what: the commands of espalier's engines and of the peers. */
import { fileURLToPath } from 'node:url'
import type { TimedNet } from './nets.js'
import type { Contestant } from './turns.js'

export type Stage = 'train' | 'infer'

interface Settings {
  readonly stage: Stage
  readonly batch: number
  readonly threads: number
  readonly python: string
  /** Where PyTorch computes; by default the processor. */
  readonly torch?: 'cpu' | 'cuda'
}

const beside = (file: string): string => fileURLToPath(new URL(`contestants/${file}`, import.meta.url))

const node = (file: string, ...args: readonly (string | number)[]): readonly string[] => [
  process.execPath,
  ...['--import', 'tsx', beside(file)],
  ...args.map(String),
]

type CommandOf = (net: TimedNet, settings: Settings) => readonly string[]

const engine =
  (name: string): CommandOf =>
  ({ folder }, { stage, batch, threads }) =>
    node('espalier.ts', stage, name, folder, batch, threads)

const pytorch =
  (layout: 'nchw' | 'nhwc'): CommandOf =>
  ({ folder, input }, { stage, batch, threads, python, torch = 'cpu' }) => [
    python,
    beside('pytorch.py'),
    ...[stage, layout, folder, input, batch, threads, torch].map(String),
  ]

const onnxruntime: CommandOf = ({ folder, input }, { batch, threads, python }) => [
  python,
  beside('onnx.py'),
  ...[folder, input, batch, threads].map(String),
]

const tfjs: CommandOf = ({ folder }, { stage, batch, threads }) =>
  node('tfjs.ts', stage, folder, batch, threads)

const own = { TensorFlow: engine('tensorflow'), wasm: engine('wasm') }
const peers = { 'PyTorch NCHW': pytorch('nchw'), 'PyTorch NHWC': pytorch('nhwc') }

const commands: { readonly [S in Stage]: Readonly<Record<string, CommandOf>> } = {
  train: { ...own, ...peers, tfjs },
  infer: { ...own, onnxruntime, ...peers, tfjs },
}

/** The names of espalier's own contestants. */
export const ownNames: readonly string[] = Object.keys(own)

/** Everyone who is timed at a stage; `only` these, where it is given. */
export const contestantsFor = (
  net: TimedNet,
  settings: Settings,
  only: readonly string[] | undefined,
): readonly Contestant[] =>
  Object.entries(commands[settings.stage])
    .filter(([name]) => only?.includes(name) ?? true)
    .map(([name, command]) => ({ name, command: command(net, settings) }))
