import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { lowerForInference } from '../../src/learn/training/train.js'
import type { Model } from '../../src/net/weights.js'
import { available } from '../support/engines.js'
import { apart } from '../support/nets/agree.js'
import { arbitraryModel, fedWith } from '../support/nets/arbitrary.js'

const [engine] = (await available(['tensorflow'])).map(([, found]) => found)

const answers = async (on: NonNullable<typeof engine>, model: Model, batch: number, constant: boolean) => {
  const graph = lowerForInference(batch)(model)
  const opened = await on.open({ infer: graph }, constant ? model.weights : {})()
  if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
  const session = opened.right
  if (!constant) session.write(model.weights)
  const images = fedWith(1, 'images', [batch, ...model.net.input])
  const got = [session.run('infer', { images }), session.run('infer', { images })]
  session.close()
  return got
}

test.skipIf(engine === undefined)(
  'weights as constants give what weights as variables do, on random nets',
  async () => {
    if (engine === undefined) return
    await fc.assert(
      fc.asyncProperty(arbitraryModel(), fc.constantFrom(1, 3), async (model, batch) => {
        const [expected = {}] = await answers(engine, model, batch, false)
        for (const got of await answers(engine, model, batch, true))
          expect(apart(expected, got)).toBeLessThan(1e-4)
      }),
      { numRuns: 60 },
    )
  },
)
