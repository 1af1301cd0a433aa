/** What a run was begun with beside its experiment: enough to begin it again, or to refuse to go on as something else. */

import { resolve } from 'node:path'
import * as t from 'io-ts'
import type { Dataset } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import { closed, closedPartial, naturalNumber, nullable } from '../../io/codec.js'
import { seedCodec } from '../../net/random.js'
import { type Code, codeNow } from './code-version.js'

/** `run.json`: seed, engine, data and code of a run. */
export interface Settings {
  readonly seed: number
  readonly engine: Pick<Engine, 'version' | 'threads'> & { readonly name: string }
  readonly data: DataSettings & { readonly checksum: string }
  readonly code: Code
  /** The file the experiment is from, whole: it has the functions that the experiment names. */
  readonly module?: string
}

/** How data is opened. */
export interface DataSettings {
  /** As a run has it, whole: it goes on from any working directory. */
  readonly folder?: string
  readonly take?: number
  readonly skipBad?: boolean
}

export const engineCodec = closed({ name: t.string, version: t.string, threads: naturalNumber })
export const codeCodec: t.Type<Code, unknown> = closed({ version: t.string, commit: nullable(t.string) })

export const settingsCodec: t.Type<Settings, unknown> = closedPartial(
  {
    seed: seedCodec,
    engine: engineCodec,
    data: closedPartial(
      { checksum: t.string },
      { folder: t.string, take: naturalNumber, skipBad: t.boolean },
    ),
    code: codeCodec,
  },
  { module: t.string },
)

/** What may change about data from one part of a run to the next: where it lies, and whether bad images end it. */
export type DataChange = Pick<DataSettings, 'folder' | 'skipBad'>

const located = <D extends DataChange>(data: D): D =>
  data.folder === undefined ? data : { ...data, folder: resolve(data.folder) }

/** The settings a run goes on with. */
export const withData = (settings: Settings, change: DataChange): Settings => ({
  ...settings,
  data: { ...settings.data, ...located(change) },
})

/** The settings with the file the experiment is from, where that is known. */
export const withModule = (settings: Settings, module?: string): Settings =>
  module === undefined ? settings : { ...settings, module: resolve(module) }

/** What a run is begun with here and now; `module`: the file its experiment is from. */
export const settingsOf = (
  seed: number,
  { name, version, threads }: Engine,
  { checksum }: Dataset,
  data: DataSettings,
  module?: string,
): Settings =>
  withModule(
    {
      seed,
      engine: { name, version, threads },
      data: { ...located(data), checksum },
      code: codeNow(),
    },
    module,
  )

/** What makes a run repeat itself beside its experiment. */
export const fixed = [
  'seed',
  'engine',
  'engine version',
  'threads',
  'data checksum',
  'training images',
] as const

/** A setting that a resumed run cannot change. */
export type RunInvariant = (typeof fixed)[number]

/**
 * As text. The same data may lie elsewhere, and code is told of, not held to. Nor is it fixed whether unreadable images
 * are left out: where there are some, a run goes on without them or not at all; where there are none, it is all one.
 */
export const fixedSettings = ({ seed, engine, data }: Settings): Readonly<Record<RunInvariant, string>> => ({
  seed: `${seed}`,
  engine: engine.name,
  'engine version': engine.version,
  threads: `${engine.threads}`,
  'data checksum': data.checksum,
  'training images': `${data.take ?? 'all'}`,
})
