import { expect, test } from 'vitest'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { fuse } from '../../src/engine/wasm/planning/fuse.js'
import { profileCall } from '../../src/engine/wasm/profile.js'
import { differentiate } from '../../src/graph/differentiate.js'
import { type Graph, inputsOf } from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import * as op from '../../src/graph/operations.js'
import { countMacs } from '../../src/net/counts.js'
import { sizeOf } from '../../src/net/shape.js'
import { init } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { conv, convBnAct, dense, depthwiseBnAct, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { apart } from '../support/nets/agree.js'
import { fedWith } from '../support/nets/arbitrary.js'
import { evaluate } from '../support/nets/reference.js'
import { placed, right } from '../support/nets/surgery.js'

const small = net(
  'small',
  image(9, 7, 3),
  convBnAct(8, 3, { stride: 2, activation: 'relu6' }),
  depthwiseBnAct(3),
  conv(12, 1),
  globalAvgPool,
  dense(4),
)

test('a profile has every operation of a call once, and the multiply–accumulates of the net', async () => {
  const model = right(init(0)(small))
  const batch = 3
  const { logits } = lower({ batch, mode: 'inference' })(placed(small))
  const graph: Graph = { outputs: { logits }, updates: [] }
  const feeds = Object.fromEntries(
    Object.entries(inputsOf(graph)).map(([name, shape]) => [name, fedWith(0, name, shape)]),
  )
  const costs = await profileCall({
    program: { go: graph },
    call: 'go',
    feeds,
    weights: model.weights,
    constants: {},
    rounds: 2,
  })
  expect(costs.reduce((sum, { macs }) => sum + macs, 0)).toBe(batch * countMacs(model))
  expect(costs.filter(({ kind }) => kind === 'conv')).toHaveLength(2)
  for (const { kernels, bytes } of costs) {
    expect(bytes).toBeGreaterThan(0)
    for (const { ms } of kernels) expect(Number.isFinite(ms)).toBe(true)
  }
})

/** Row by row and column by column, with a last row and a last vector that are not whole. */
test.each([5, 8, 33, 64])('a norm of %i channels applies a ReLU6, forward and backward', async channels => {
  const shape = [3, 5, 3, channels]
  const x = op.input('x', shape)
  const [scale, shift] = [op.input('scale', [channels]), op.input('shift', [channels])]
  const y = op.relu6(op.batchNorm(x, scale, shift, 1e-3))
  const [dx = x, dscale = x] = differentiate()(op.mul(y, op.input('signal', shape)), [x, scale])
  const graph: Graph = { outputs: { y, dx, dscale }, updates: [] }
  const kinds = fuse(graph).run.map(({ op: { kind } }) => kind)
  expect(kinds).not.toContain('relu6')
  expect(kinds).not.toContain('relu6Grad')

  const feeds = {
    x: fedWith(1, 'x', shape),
    signal: fedWith(2, 'signal', shape),
    scale: new Float32Array(channels).fill(4),
    shift: new Float32Array(channels).fill(3),
  }
  const session = right(await right(await loadWasm(1)()).open({ go: graph })())
  const got = session.run('go', feeds)
  session.close()
  expect(Math.max(...(got.y ?? []))).toBe(6)
  expect(got.y).toHaveLength(sizeOf(shape))
  expect(apart(evaluate(graph, feeds, {}).outputs, got)).toBeLessThan(1e-5)
})
