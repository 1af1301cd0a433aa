/** The engines of a machine as a table, and how to get the others. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type { Diagnosis } from '../../engine/doctor.js'
import type { Card, GpuDiagnosis } from '../../engine/gpu.js'
import { commandText } from '../../io/text/command-text.js'
import { thousands } from '../text/numbers.js'
import { renderMessage } from '../text/render-message.js'
import { table } from './table.js'

const reasons: { readonly [W in Diagnosis['why']]: string } = {
  native: 'the native binding works, and wasm where the first steps of a run are faster on it',
  'no native': 'the native binding is not built',
  'native broken': 'the native binding does not work',
}

const tensorflowLines = ({ tried }: Diagnosis): readonly string[] =>
  pipe(
    tried,
    O.match(
      () => [],
      ({ native, answer }) =>
        E.isLeft(answer)
          ? [renderMessage(answer.left)]
          : [
              `TensorFlow ${answer.right.version}, ${answer.right.gpu ? 'a GPU is visible' : 'no GPU visible'}: ${native.file}`,
              pipe(
                native.addon,
                O.match(
                  () => `run by the official binding; to build the addon: ${commandText('engine')}`,
                  file => `run by the addon: ${file}`,
                ),
              ),
            ],
    ),
  )

const cardText = ({ name, driver, computeCapability, memory }: Card): string =>
  `card: ${name}, compute capability ${computeCapability}, ${thousands(memory)} MiB; driver ${driver}`

const cardLines = ({ cards }: GpuDiagnosis): readonly string[] =>
  cards === null
    ? ['no NVIDIA driver answers: nvidia-smi was not found, or failed']
    : cards.length === 0
      ? ['the NVIDIA driver names no card']
      : cards.map(cardText)

const builds: { readonly [B in NonNullable<GpuDiagnosis['build']>]: string } = {
  cpu: `the TensorFlow engine is built for CPUs; for GPUs: ${commandText('engine', '--gpu')}`,
  gpu: 'the TensorFlow engine is built for GPUs',
  linked: 'CUDA libraries: those that the linked TensorFlow finds',
  stock: "CUDA libraries: those that npm's binding finds",
}

/** Driver, cards and CUDA libraries, a line each. */
export const gpuLines = (gpu: GpuDiagnosis): readonly string[] => [
  ...cardLines(gpu),
  ...(gpu.build === null ? [] : [builds[gpu.build]]),
  ...(gpu.cuda.length === 0 ? [] : [`CUDA libraries: ${gpu.cuda.join(', ')}`]),
]

export const diagnosis = (found: Diagnosis): string =>
  [
    table(
      ['engine', 'ready', 'used'],
      found.engines.map(({ name, ready }) => [
        name,
        ready ? 'yes' : 'no',
        name === found.chosen ? 'yes' : '',
      ]),
    ),
    '',
    `${found.chosen} will be used: ${reasons[found.why]}`,
    ...tensorflowLines(found),
    ...gpuLines(found.gpu),
    `${found.threads} threads, Node ${found.node}, cache ${found.cache}`,
    ...found.lacking.map(fact => `missing: ${renderMessage(fact)}`),
    ...pipe(
      found.mend,
      O.match(
        () => [],
        command => [`for the faster engine: ${command}`],
      ),
    ),
  ].join('\n')
