/** What the examples of docstrings may speak of without saying where it comes from. */
import * as E from 'fp-ts/lib/Either.js'
import { glyphs, openData } from '../../src/data/index.js'
import type { Emitter } from '../../src/engine/tensorflow/emitters/emitter.js'
import type { Edge, Edges } from '../../src/engine/tensorflow/emitters/index.js'
import { placeholder } from '../../src/engine/tensorflow/graph/variables.js'
import { writer } from '../../src/engine/tensorflow/graph/writer.js'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { crossEntropy, lower, op, type Value } from '../../src/graph/index.js'
import {
  convBnAct,
  dense,
  globalAvgPool,
  image,
  inception,
  init,
  type Model,
  maxPool,
  net,
} from '../../src/net/index.js'
import { l1 } from '../../src/surgery/index.js'

const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

export const seedling = net(
  'seedling',
  image(28, 28, 1),
  convBnAct(8, 3, { stride: 2 }),
  maxPool(),
  inception('a', { point: 16, three: [12, 16], five: [6, 8], pool: 8 }),
  globalAvgPool,
  dense(10),
)
export const tiny = net('tiny', image(28, 28, 1), convBnAct(8), maxPool(), globalAvgPool, dense(10))
export const model: Model = right(init(0)(seedling))
export const { weights } = model
export const utilities = right(l1(model, undefined))

export const { logits, weights: lowered } = lower({ batch: 4, mode: 'inference' })(model)
export const loss: Value = crossEntropy(logits, op.input('targets', logits.shape))
export const kernel: Value = lowered.get('conv/kernel') ?? loss

const fed: Emitter<Edge> = (write, { shape }) => [placeholder(write, 'fed', shape)]
export const write = writer()
export const edges: Edges = { input: fed, weight: fed, assign: fed, average: fed, momentum: fed, adam: fed }

export const engine = right(await loadWasm()())
export const dataset = right(await openData({ seed: 0 })(glyphs({ train: 300, test: 50 }))())
