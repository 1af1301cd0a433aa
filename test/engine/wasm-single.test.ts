/** The wasm engine with a single image: layers of few pixels and many channels, which random nets hardly have. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import { sizeOf } from '../../src/net/shape.js'
import type { Model } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import {
  conv,
  convBnAct,
  dense,
  depthwiseBnAct,
  flatten,
  image,
  maxPool,
} from '../../src/net/words/leaves.js'
import { arbitrarySeed, fedWith, modelOf } from '../support/nets/arbitrary.js'
import { right } from '../support/nets/surgery.js'

const wideNet = fc
  .record({
    side: fc.constantFrom(1, 2, 3, 5, 9),
    channels: fc.integer({ min: 1, max: 40 }),
    filters: fc.tuple(fc.integer({ min: 1, max: 75 }), fc.integer({ min: 1, max: 75 })),
    size: fc.constantFrom(1, 2, 3),
    stride: fc.constantFrom(1, 2),
    units: fc.integer({ min: 1, max: 75 }),
  })
  .map(({ side, channels, filters: [first, second], size, stride, units }) =>
    net(
      'wide',
      image(side, side, channels),
      convBnAct(first, size, { stride }),
      depthwiseBnAct(3),
      maxPool(2, { stride: 1, padding: 'same' }),
      conv(second, 3, { activation: 'relu6' }),
      flatten,
      dense(units, { activation: 'relu' }),
      dense(3),
    ),
  )

/** The logits of so many images, of which the first is always the same. */
const answer = async (model: Model, threads: number, batch: number, seed: number): Promise<Float32Array> => {
  const engine = right(await loadWasm(threads)())
  const session = right(await engine.open({ infer: lowerForInference(batch)(model) }, model.weights)())
  const images = fedWith(seed, 'images', [3, sizeOf(model.net.input)]).slice(
    0,
    batch * sizeOf(model.net.input),
  )
  const { logits = new Float32Array() } = session.run('infer', { images })
  session.close()
  return logits
}

test('an image answers the same bits alone as among others, on any number of threads', async () => {
  await fc.assert(
    fc.asyncProperty(wideNet, arbitrarySeed, async (drawn, seed) => {
      const model = modelOf(seed)(drawn)
      const alone = await answer(model, 1, 1, seed)
      expect((await answer(model, 1, 3, seed)).slice(0, 3)).toEqual(alone)
      for (const threads of [2, 3]) expect(await answer(model, threads, 1, seed)).toEqual(alone)
    }),
    { numRuns: 30 },
  )
}, 60_000)
