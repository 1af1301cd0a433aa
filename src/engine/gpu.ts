/** The NVIDIA cards of this machine, and what the TensorFlow engine can reach them with. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as T from 'fp-ts/lib/Task.js'
import type { Facts, Native } from './tensorflow/install/cache.js'
import { command } from './tensorflow/install/command.js'

/** A card as its driver names it. */
export interface Card {
  readonly name: string
  readonly driver: string
  /** As 9.0. */
  readonly computeCapability: string
  /** MiB. */
  readonly memory: number
}

/** What this machine and the TensorFlow engine have for GPUs. */
export interface GpuDiagnosis {
  /** `null` where no driver answers. */
  readonly cards: readonly Card[] | null
  /** What the engine was built from; `stock` is npm's own binding, `null` none. */
  readonly build: Facts['kind'] | 'stock' | null
  /** The CUDA libraries of a build for GPUs, as cudnn. */
  readonly cuda: readonly string[]
}

const fields = ['name', 'driver_version', 'compute_cap', 'memory.total'] as const

/** NVIDIA H100 80GB HBM3, 550.54.15, 9.0, 81559 */
export const parseCards = (csv: string): readonly Card[] =>
  csv
    .split('\n')
    .map(line => line.split(', '))
    .flatMap(([name = '', driver, computeCapability, memory]) =>
      driver === undefined || computeCapability === undefined
        ? []
        : [{ name, driver, computeCapability, memory: Number(memory) }],
    )

const findCards: T.Task<readonly Card[] | null> = async () =>
  pipe(
    await command('nvidia-smi', [`--query-gpu=${fields.join()}`, '--format=csv,noheader,nounits'])(),
    E.match(
      () => null,
      ({ out }) => parseCards(out),
    ),
  )

/** The folders of the wheels that were unpacked beside TensorFlow's libraries. */
const cudaIn = ({ libraries }: Facts): readonly string[] =>
  pipe(
    E.tryCatch(() => readdirSync(join(libraries, '..', 'nvidia')), E.toError),
    E.match(
      () => [],
      names => names.filter(name => !name.startsWith('_')),
    ),
  )

type Build = Pick<GpuDiagnosis, 'build' | 'cuda'>

const buildOf = (native: O.Option<Native>): Build =>
  pipe(
    native,
    O.match(
      (): Build => ({ build: null, cuda: [] }),
      found =>
        found.source === 'built'
          ? { build: found.facts.kind, cuda: cudaIn(found.facts) }
          : { build: 'stock', cuda: [] },
    ),
  )

/** Asks the driver, and looks at what was built; loads no engine. */
export const diagnoseGpu =
  (native: O.Option<Native>): T.Task<GpuDiagnosis> =>
  async () => ({ cards: await findCards(), ...buildOf(native) })
