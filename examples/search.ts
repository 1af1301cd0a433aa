/**
 * A block of one's own, and a random search over its widths: of four nets under one budget, which learns most in three
 * epochs? The block is the inverted bottleneck of MobileNetV2 (Sandler et al. 2018): wide inside, narrow outside.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Context, reportFailure, run, withContext } from '../src/async/index.js'
import { glyphs } from '../src/data/index.js'
import { convBnAct, dense, depthwiseBnAct, globalAvgPool, image, maxPool, net, residual, stack } from '../src/index.js'
import { accuracyOf, evaluate, feedOfAll, train } from '../src/learn/index.js'
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
const paramsOf = (candidate: Net) => E.match(() => Number.POSITIVE_INFINITY, countParams)(infer(candidate))
const candidates = Array.from({ length: 40 }, () => candidate(between(8, 24), between(8, 48), between(8, 48)))
  .filter(each => paramsOf(each) <= budget)
  .slice(0, 4)

/** The accuracy of a net on validation images after three epochs. */
const accuracyAfter = async (context: Context, candidate: Net): Promise<number> => {
  const { engine, dataset } = context
  const untrained = await run(init(0)(candidate))
  const { model } = await run(train({ epochs: 3, batchSize: 50 })(context)(untrained))
  return accuracyOf(await run(evaluate(engine)(feedOfAll(dataset, dataset.validation))(model)))
}

await withContext({ data: glyphs({ train: 2000, test: 100 }) }, async context => {
  const found: { readonly candidate: Net; readonly accuracy: number }[] = []
  for (const candidate of candidates) found.push({ candidate, accuracy: await accuracyAfter(context, candidate) })
  for (const { candidate, accuracy } of found.toSorted((a, b) => b.accuracy - a.accuracy))
    console.log(`${candidate.name}: ${paramsOf(candidate)} parameters, ${(100 * accuracy).toFixed(1)} %`)
}).catch(reportFailure)
