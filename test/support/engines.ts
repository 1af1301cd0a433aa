/** The engines there are on this machine, and one in float64. Tests that need one that is not here say so. */
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { blocking, type Engine, type EngineName } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import type { Weights } from '../../src/net/weights.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { evaluate } from './nets/reference.js'

/** Those of `names` that load, each told by its name. */
export const available = async (
  names: readonly EngineName[] = ['cpu', 'wasm', 'tensorflow'],
): Promise<readonly (readonly [EngineName, Engine])[]> => {
  const found: (readonly [EngineName, Engine])[] = []
  for (const name of names) {
    const engine = await openEngine(name)()
    if (E.isRight(engine)) found.push([name, engine.right])
    else console.warn(`skipped: ${renderMessage(engine.left)}`)
  }
  return found
}

/** The float64 interpreter as an engine for calls that change nothing. */
export const float64: Engine = {
  name: 'cpu',
  version: 'float64',
  threads: 1,
  open: (program, constants = {}) => {
    let variables: Weights = constants
    return TE.right(
      blocking({
        run: (call, feeds) => {
          const graph = program[call] ?? { outputs: {}, updates: [] }
          const given = Object.entries(variables).map(([name, { data }]) => [name, data] as const)
          const { outputs } = evaluate(graph, feeds, Object.fromEntries(given))
          const single = Object.entries(outputs).map(([name, data]) => [name, Float32Array.from(data)])
          return Object.fromEntries(single) as never // the outputs of that call
        },
        read: () => variables,
        write: values => {
          variables = { ...variables, ...values }
        },
        close: () => undefined,
      }),
    )
  },
}
