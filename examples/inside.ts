/**
 * A look inside a saved model: on which branches of its Inception modules do the classes rest? Every unit is asked
 * twice: how far apart its own outputs set the classes, and how much of what the decision rests on is traced to it.
 * Give the `model.safetensors` of a run on the glyphs; without one, a small net is trained and saved first.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, reportFailure, run, withContext } from '../src/async/index.js'
import { glyphs, trainingFeed } from '../src/data/index.js'
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
const trainSmall = async (context: Context): Promise<string> => {
  const file = join(mkdtempSync(join(tmpdir(), 'espalier-')), 'model.safetensors')
  const { model } = await run(train({ epochs: 2, batchSize: 50 })(context)(await run(init(0)(small))))
  await run(saveModel(file)(model))
  return file
}

const branchesOf = ({ net }: Model): readonly Path[] => [...layersOf(net)].flatMap(([path, layer]) =>
  layer._tag === 'concat' ? layer.branches.map(({ name }) => `${path}/${name}`) : [])

/** The mean over the channels inside a branch, and where its best one is. */
const summarize = (branch: Path, utilities: Utilities): string => {
  const channels = Object.entries(utilities).flatMap(([path, values]) =>
    isInside(branch, path) ? Array.from(values, (value, nth) => ({ value, at: `${path}[${nth}]` })) : [])
  const best = channels.reduce((a, b) => (b.value > a.value ? b : a))
  const mean = channels.reduce((sum, { value }) => sum + value, 0) / channels.length
  return `${mean.toFixed(3)} (most in ${best.at})`
}

await withContext({ data: glyphs({ train: 2000, test: 100 }) }, async context => {
  const { engine, dataset, seed } = context
  const model = await run(readModel(process.argv[2] ?? (await trainSmall(context))))
  const calibration = { engine, feed: trainingFeed(dataset, { batch: 100, seed, balanced: true }), batch: 100, batches: 5 }
  const separation = await run(ldaUtilities(calibration)(model))
  const trace = await run(measureTrace('discriminantTrace')(calibration)(model))
  for (const branch of branchesOf(model))
    console.log(`${branch}: separation ${summarize(branch, separation)}, trace ${summarize(branch, trace)}`)
}).catch(reportFailure)
