/** Every model that a transform returns carries exactly what `infer` says of its net. */
import { join } from 'node:path'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { readKerasModel } from '../../src/convert/keras/import/read.js'
import { readModel, saveModel } from '../../src/convert/model-file.js'
import { includeNormaliser, removeStep } from '../../src/convert/rewrite/include-normaliser.js'
import { trainingFeed } from '../../src/data/pipeline/batches.js'
import { recalibrate } from '../../src/learn/repair/recalibrate.js'
import { reconstruct } from '../../src/learn/repair/reconstruct.js'
import { push, train } from '../../src/learn/training/transforms.js'
import { infer } from '../../src/net/infer.js'
import { channelsOf } from '../../src/net/shape.js'
import { init, type Model, withWeights } from '../../src/net/weights.js'
import { convBnAct } from '../../src/net/words/leaves.js'
import { grow } from '../../src/surgery/grow/grow.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { mask } from '../../src/surgery/prune/mask.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { float64 } from '../support/engines.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import { right, utilitiesOf } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { scratch, succeed } from '../support/scratch.js'

const expectChecked = ({ net, layers }: Model): void => expect(infer(net)).toEqual(E.right({ net, layers }))

/** A normaliser of a shift, so that it cannot always be folded in. */
const affineOf = ({ net: { input } }: Model) => ({
  scale: new Array<number>(channelsOf(input)).fill(2),
  shift: new Array<number>(channelsOf(input)).fill(1),
})

const withModel = E.map(({ model }: { readonly model: Model }) => model)

/** Every pure transform, at random places. */
const transforms: Readonly<Record<string, (model: Model, seed: number) => E.Either<unknown, Model | null>>> =
  {
    init: ({ net }, seed) => init(seed)(net),
    withWeights: ({ net, weights }) => withWeights(weights)(net),
    'prune by a threshold': (model, seed) =>
      withModel(prune({ eta: 1, by: utilitiesOf(model.net, seed) })(model)),
    'prune to a target': model => withModel(prune({ keep: { params: 0.5 }, by: l1 })(model)),
    mask: (model, seed) => {
      const pruned = prune({ eta: 1, by: utilitiesOf(model.net, seed) })(model)
      return E.isLeft(pruned) ? pruned : mask(pruned.right)(model)
    },
    'grow a width': (model, seed) => withModel(grow({ widen: '', by: 1.5, seed })(model)),
    'grow a module': (model, seed) =>
      withModel(
        grow({
          before: model.net.body.layers[0]?.name ?? '',
          module: convBnAct(9, 3, { name: 'new' }),
          seed,
        })(model),
      ),
    'grow from scratch': (model, seed) => withModel(grow({ widen: '', by: 2, seed, init: 'scratch' })(model)),
    includeNormaliser: model => includeNormaliser(affineOf(model))(model),
    removeStep: model => {
      const included = includeNormaliser(affineOf(model))(model)
      return E.isLeft(included) ? included : E.right(removeStep(affineOf(model))(included.right))
    },
  }

describe('over random models', () => {
  test.each(Object.entries(transforms))('%s', (_, transform) => {
    let returned = 0
    fc.assert(
      fc.property(arbitraryModel(), fc.nat(), (model, seed) => {
        const result = transform(model, seed)
        if (E.isLeft(result) || result.right === null) return
        returned++
        expectChecked(result.right)
      }),
      { numRuns: 40 },
    )
    expect(returned).toBeGreaterThan(3)
  })
})

describe('of a small model', () => {
  const model = modelOf(5)(tinyNet)
  const dataset = tinyData()
  const context = { engine: float64, dataset, seed: 0 }

  test('trained, pushed, recalibrated and reconstructed', async () => {
    const options = { epochs: 1, batchSize: 18 }
    const feed = trainingFeed(dataset, { batch: 9, seed: 0 })
    expectChecked((await succeed(train(options)(context)(model))).model)
    expectChecked((await succeed(push(options)(context)(model))).model)
    const calibration = { engine: float64, feed, batch: 9, batches: 1 }
    expectChecked(await succeed(recalibrate(calibration)(model)))
    const cut = right(prune({ keep: { params: 0.6 }, by: l1 })(model))
    expectChecked(await succeed(reconstruct(calibration)(model)(cut)))
  })

  test('saved and read, exported and imported', async () => {
    const folder = scratch()
    const file = join(folder, 'model.safetensors')
    await succeed(saveModel(file)(model))
    expectChecked(await succeed(readModel(file)))
    await succeed(exportModel({ to: 'layers', folder })(model))
    expectChecked(await succeed(readKerasModel(folder)))
  })
})
