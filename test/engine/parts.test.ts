/** Batches that TensorFlow infers from in parts, which threads compute at once. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Session } from '../../src/engine/engine.js'
import { loadRuntime } from '../../src/engine/tensorflow/load.js'
import { openSession } from '../../src/engine/tensorflow/session.js'
import { splitProgram } from '../../src/engine/tensorflow/split.js'
import type { Program } from '../../src/graph/graph.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import type { Model } from '../../src/net/weights.js'
import { available } from '../support/engines.js'
import { arbitraryModel, fedWith } from '../support/nets/arbitrary.js'

const [engine] = await available(['tensorflow'])
const loaded = loadRuntime({ runtime: 'addon' })

describe.skipIf(engine === undefined || loaded._tag === 'Left')('a batch in parts', () => {
  const { runtime } = loaded._tag === 'Left' ? { runtime: undefined } : loaded.right

  const open = (
    model: Model,
    parts: number,
    threads: number,
  ): Session<{ readonly infer: Program[string] }> => {
    if (runtime === undefined) throw new Error('skipped')
    const whole = { infer: lowerForInference(12)(model) }
    const part = splitProgram(parts)(whole)
    return openSession(runtime, { threads, parts }, part ?? whole, model.weights)
  }

  const imagesFor = ({ net }: Model) => fedWith(1, 'images', [12, ...net.input])

  test('gives the same bits however many threads compute them, and by runAsync', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel(), fc.constantFrom(2, 3, 6), async (model, parts) => {
        const feeds = { images: imagesFor(model) }
        const [one, more] = [open(model, parts, 1), open(model, parts, 4)]
        const expected = one.run('infer', feeds)
        for (let nth = 0; nth < 5; nth++) expect(more.run('infer', feeds)).toEqual(expected)
        expect(await more.runAsync('infer', feeds)).toEqual(expected)
        one.close()
        more.close()
      }),
      { numRuns: 10 },
    )
  })

  test('gives what the whole gives', () => {
    fc.assert(
      fc.property(arbitraryModel(), fc.constantFrom(2, 4), (model, parts) => {
        const feeds = { images: imagesFor(model) }
        const [whole, split] = [open(model, 1, 2), open(model, parts, 2)]
        const [expected, got] = [whole, split].map(session => session.run('infer', feeds).logits ?? [])
        expect(got).toHaveLength(expected?.length ?? 0)
        got?.forEach((value, nth) => {
          expect(value).toBeCloseTo(expected?.[nth] ?? Number.NaN, 3)
        })
        whole.close()
        split.close()
      }),
      { numRuns: 20 },
    )
  })

  test('and a single image give the same bits in two sessions at once', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel(), async model => {
        if (runtime === undefined) return
        const infer = lowerForInference(1)(model)
        const [alone, batch] = [
          openSession(runtime, { threads: 4, serial: true }, { infer }, model.weights),
          open(model, 3, 4),
        ]
        const [image, images] = [
          { images: fedWith(2, 'images', [1, ...model.net.input]) },
          { images: imagesFor(model) },
        ]
        const expected = [alone.run('infer', image), batch.run('infer', images)]
        for (let nth = 0; nth < 5; nth++)
          expect(
            await Promise.all([alone.runAsync('infer', image), batch.runAsync('infer', images)]),
          ).toEqual(expected)
        alone.close()
        batch.close()
      }),
      { numRuns: 10 },
    )
  })

  test('wants images for all parts', () => {
    fc.assert(
      fc.property(arbitraryModel(), model => {
        const session = open(model, 3, 2)
        const images = fedWith(1, 'images', [4, ...model.net.input])
        expect(() => session.run('infer', { images })).toThrow(`expected [12,${model.net.input}]`)
        session.close()
      }),
      { numRuns: 1 },
    )
  })
})
