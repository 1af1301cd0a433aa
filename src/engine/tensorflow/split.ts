/** Programs that infer from batches, as those of parts of them. */
import * as E from 'fp-ts/lib/Either.js'
import { type Graph, inputsOf, type Program } from '../../graph/graph.js'
import { split } from '../../graph/shard/shard.js'

/** Undefined where rows of a batch depend on each other, or not all inputs have equally many. */
const splitGraph =
  (parts: number) =>
  (graph: Graph): Graph | undefined => {
    const [batch = 0, ...others] = new Set(Object.values(inputsOf(graph)).map(([rows = 0]) => rows))
    if (batch % parts > 0 || others.length > 0) return undefined
    const part = split({ batch, parts })(graph)
    return E.isRight(part) ? part.right : undefined
  }

/**
 * The program of one of so many equal parts of each call's rows; undefined where there is but one, or a call has none.
 *
 * Law  the outputs of the parts, one after another, are the program's
 */
export const splitProgram =
  (parts: number) =>
  <P extends Program>(program: P): P | undefined => {
    if (parts === 1) return undefined
    const calls = Object.entries(program).map(([name, graph]) => [name, splitGraph(parts)(graph)] as const)
    return calls.some(([, graph]) => graph === undefined) ? undefined : (Object.fromEntries(calls) as P) // the same calls with the same outputs
  }
