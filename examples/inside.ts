/**
 * A look inside a saved model: on which branches of its Inception modules do the classes rest? Every unit is asked
 * twice: how far apart its own outputs set the classes, and how much of what the decision rests on is traced to it.
 * Give the `model.safetensors` of a run on the glyphs; without one, a small net is trained and saved first.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Dataset, glyphs, openData, trainingFeed } from '../src/data/index.js'
import { type Engine, openEngine } from '../src/engine/index.js'
import { convBnAct, dense, globalAvgPool, image, inception, init, maxPool, net } from '../src/index.js'
import { ldaUtilities, measureTrace, train } from '../src/learn/index.js'
import { isInside, layersOf, type Model, type Path } from '../src/net/index.js'
import { readModel, saveModel } from '../src/run/index.js'
import type { Utilities } from '../src/surgery/index.js'

const small = net('small', image(28, 28, 1),
  convBnAct(12, 3, { stride: 2 }),
  inception('a', { point: 8, three: [8, 12], five: [4, 8], pool: 4 }), maxPool(),
  inception('b', { point: 12, three: [12, 16], five: [6, 12], pool: 8 }), globalAvgPool, dense(10))

/** Trains the small net, and gives the file it was saved in. */
const made = (engine: Engine, dataset: Dataset) => {
  const file = join(mkdtempSync(join(tmpdir(), 'espalier-')), 'model.safetensors')
  return pipe(
    TE.fromEither(init(0)(small)),
    TE.flatMap(train({ epochs: 2, batchSize: 50 })({ engine, dataset, seed: 0 })),
    TE.flatMap(({ model }) => saveModel(file)(model)),
    TE.map(() => file))
}

const branchesOf = ({ net }: Model): readonly Path[] => [...layersOf(net)].flatMap(([path, layer]) =>
  layer._tag === 'concat' ? layer.branches.map(({ name }) => `${path}/${name}`) : [])

/** The mean over the channels inside a branch, and where its best one is. */
const worth = (branch: Path, utilities: Utilities): string => {
  const channels = Object.entries(utilities).flatMap(([path, values]) =>
    isInside(branch, path) ? Array.from(values, (value, nth) => ({ value, at: `${path}[${nth}]` })) : [])
  const best = channels.reduce((a, b) => (b.value > a.value ? b : a))
  const mean = channels.reduce((sum, { value }) => sum + value, 0) / channels.length
  return `${mean.toFixed(3)} (most in ${best.at})`
}

await pipe(
  TE.Do,
  TE.bind('engine', () => openEngine()),
  TE.bindW('dataset', () => openData({ seed: 0 })(glyphs({ train: 2000, test: 100 }))),
  TE.bindW('file', ({ engine, dataset }) =>
    process.argv[2] === undefined ? made(engine, dataset) : TE.right(process.argv[2])),
  TE.bindW('model', ({ file }) => readModel(file)),
  TE.let('sight', ({ engine, dataset }) =>
    ({ engine, feed: trainingFeed(dataset, { batch: 100, seed: 0, balanced: true }), batch: 100, batches: 5 })),
  TE.bindW('separation', ({ sight, model }) => ldaUtilities(sight)(model)),
  TE.bindW('trace', ({ sight, model }) => measureTrace('discriminantTrace')(sight)(model)),
  TE.match(console.error, ({ model, separation, trace }) => {
    for (const branch of branchesOf(model))
      console.log(`${branch}: separation ${worth(branch, separation)}, trace ${worth(branch, trace)}`)
  }),
)()
