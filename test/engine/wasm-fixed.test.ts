/** What the wasm engine computes only once: all that depends on variables alone which no call writes. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { layout } from '../../src/engine/wasm/planning/layout.js'
import { type Graph, type Program, variablesOf } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import type { Weights } from '../../src/net/weights.js'
import { arbitraryModel, arbitrarySeed } from '../support/nets/arbitrary.js'
import { begunOf, feedsOf } from '../support/nets/operations.js'
import { right } from '../support/nets/surgery.js'

const engine = right(await loadWasm(1)())

/** The program with a call beside it that writes every variable, so that nothing is fixed. */
const withUpdates = (program: Program): Program => ({
  ...program,
  write: {
    outputs: {},
    updates: Object.entries(variablesOf(program)).map(([name, shape]) =>
      op.assign(name, op.input(name, shape)),
    ),
  },
})

/** What a graph answers the second time with some weights, and then with others. */
const answersOf = async (program: Program, graph: Graph, weights: readonly Weights[]) => {
  const session = right(await engine.open(program)())
  const answers = weights.map(given => {
    session.write(given)
    session.run('go', feedsOf(graph))
    return session.run('go', feedsOf(graph))
  })
  session.close()
  return answers
}

const checkFixed = async (graph: Graph, seed: number): Promise<void> => {
  const program = { go: graph }
  const weights = [seed, seed + 1, seed].map(each => begunOf(program, each))
  expect(await answersOf(program, graph, weights)).toEqual(
    await answersOf(withUpdates(program), graph, weights),
  )
}

test('a net whose weights are prepared answers the same bits, also after they are written again', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryModel(), fc.constantFrom(1, 3), arbitrarySeed, async (model, batch, seed) => {
      const graph = lowerForInference(batch)(model)
      expect(layout({ go: graph }, 1).preparation.length).toBeGreaterThan(0)
      await checkFixed(graph, seed)
    }),
    { numRuns: 30 },
  )
}, 60_000)

test('what is computed of fixed variables alone is prepared, wherever it is read', async () => {
  const window = { stride: 1, dilation: 1, padding: 'same' } as const
  const x = op.input('x', [2, 5, 5, 4])
  const [kernel, mask, shift] = [
    op.weight('kernel', [3, 3, 4, 8]),
    op.weight('mask', [8]),
    op.weight('shift', [2, 5, 5, 4]),
  ]
  const masked = op.mul(op.abs(kernel), mask)
  const narrow = op.conv(x, op.slice(masked, 2, 4), window)
  const read = op.relu(op.add(narrow, op.maxPool(shift, { ...window, size: 3 })))
  const base = op.square(op.slice(shift, 0, 4))
  const graph: Graph = {
    outputs: {
      masked,
      accumulated: op.add(op.convInput(op.input('dy', [2, 5, 5, 8]), kernel, x, window), base),
      joined: op.concat([read, op.relu(shift), op.conv(op.relu(shift), masked, window)]),
      total: op.sum(masked, [0, 1, 2, 3]),
    },
    updates: [],
  }
  const { calls } = layout({ go: graph }, 1)
  const computed = calls.go?.operations.map(({ value }) => value.op.kind)
  expect(computed).toEqual(['square', 'convInput', 'conv', 'add', 'relu', 'concat'])
  await checkFixed(graph, 1)
})
