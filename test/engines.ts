/** The engines there are on this machine. Tests that need one that is not here say so. */
import * as E from 'fp-ts/lib/Either.js'
import { engineOf } from '../src/engine/choose.js'
import type { Engine, EngineName } from '../src/engine/engine.js'
import { prose } from '../src/report/prose.js'

/** Those of `names` that load, each told by its name. */
export const available = async (
  names: readonly EngineName[] = ['cpu', 'wasm', 'tensorflow'],
): Promise<readonly (readonly [EngineName, Engine])[]> => {
  const found: (readonly [EngineName, Engine])[] = []
  for (const name of names) {
    const engine = await engineOf(name)()
    if (E.isRight(engine)) found.push([name, engine.right])
    else console.warn(`skipped: ${prose(engine.left)}`)
  }
  return found
}
