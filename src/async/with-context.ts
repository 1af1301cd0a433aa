/** An engine and open data for as long as a function needs them. */
import { openData } from '../data/open.js'
import type { OpenOptions } from '../data/source.js'
import type { DataSpec } from '../data/spec.js'
import type { EngineName } from '../engine/engine.js'
import { openEngine } from '../engine/open.js'
import type { LearnContext } from '../learn/training/transforms.js'
import { run } from './run.js'

/** What is opened: data, and an engine by name, else the usual one. The seed is 0 unless another is given. */
export interface ContextOptions extends Partial<OpenOptions> {
  readonly data: DataSpec
  readonly engine?: EngineName
  readonly threads?: number
}

/** What `train`, `push` and all that measures take. */
export type Context = Pick<LearnContext, 'engine' | 'dataset' | 'seed'>

/**
 * Opens an engine and data, uses them, and closes the data whatever comes of it.
 *
 * Errors  rejects with an `EspalierError` where one cannot be opened, else with what `use` rejects with
 * Law     the data is closed once, after `use` has ended
 *
 * @example
 * import { train } from 'espalier/learn'
 * await withContext({ data: glyphs({ train: 300, test: 50 }), engine: 'wasm' }, async context => {
 *   const { model } = await run(train({ epochs: 1 })(context)(await run(init(0)(tiny))))
 *   return model.weights
 * })
 */
export const withContext = async <A>(
  { data, engine, threads, seed = 0, ...options }: ContextOptions,
  use: (context: Context) => Promise<A>,
): Promise<A> => {
  const opened = await run(openEngine(engine, threads))
  const dataset = await run(openData({ ...options, seed })(data))
  try {
    return await use({ engine: opened, dataset, seed })
  } finally {
    await dataset.close()
  }
}
