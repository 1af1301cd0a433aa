/**
 * A block of one's own, and a random search over its widths: of four nets under one budget, which learns most in three
 * epochs? The block is the inverted bottleneck of MobileNetV2 (Sandler et al. 2018): wide inside, narrow outside.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Dataset, evaluationFeed, glyphs, openData } from '../src/data/index.js'
import { type Engine, openEngine } from '../src/engine/index.js'
import { convBnAct, dense, depthwiseBnAct, globalAvgPool, image, maxPool, net, residual, stack } from '../src/index.js'
import { accuracyOf, evaluate, evaluationBatch, train } from '../src/learn/index.js'
import { countParams, infer, init, type Net, randomBelow, stream } from '../src/net/index.js'

const bottleneck = (name: string, width: number, inside: number) =>
  residual(name, stack('body', convBnAct(inside, 1), depthwiseBnAct(3), convBnAct(width, 1, { activation: null })))

const candidate = (width: number, first: number, second: number) =>
  net(`${width}-${first}-${second}`, image(28, 28, 1),
    convBnAct(width, 3, { stride: 2 }), maxPool(),
    bottleneck('one', width, first),
    bottleneck('two', width, second),
    globalAvgPool, dense(10))

const draw = stream(0, 'widths')
const between = (from: number, to: number) => from + randomBelow(draw, to - from + 1)

const budget = 4_000
const params = (given: Net) => pipe(infer(given), E.match(() => Number.POSITIVE_INFINITY, countParams))
const candidates = Array.from({ length: 40 }, () => candidate(between(8, 24), between(8, 48), between(8, 48)))
  .filter(each => params(each) <= budget)
  .slice(0, 4)

/** What a net is worth on validation images after three epochs. */
const tried = (engine: Engine, dataset: Dataset) => (given: Net) => pipe(
  TE.fromEither(init(0)(given)),
  TE.flatMap(train({ epochs: 3, batchSize: 50 })({ engine, dataset, seed: 0 })),
  TE.map(({ model }) => model),
  TE.flatMap(evaluate(engine)(evaluationFeed(dataset, dataset.validation, { batch: evaluationBatch }))),
  TE.map(score => ({ name: given.name, params: params(given), accuracy: accuracyOf(score) })))

await pipe(
  TE.Do,
  TE.bind('engine', () => openEngine()),
  TE.bindW('dataset', () => openData({ seed: 0 })(glyphs({ train: 2000, test: 100 }))),
  TE.flatMap(({ engine, dataset }) => TE.traverseSeqArray(tried(engine, dataset))(candidates)),
  TE.match(console.error, all => {
    for (const { name, params, accuracy } of all.toSorted((a, b) => b.accuracy - a.accuracy))
      console.log(`${name}: ${params} parameters, ${(100 * accuracy).toFixed(1)} %`)
  }),
)()
