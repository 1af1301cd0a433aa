/** Growing a GoogLeNet-sized base of 9 modules to 28, exactly and one module at a time, weights included. */
import { inception, net, stack } from '../src/net/combinators.js'
import { paramsOf } from '../src/net/count.js'
import { infer } from '../src/net/infer.js'
import { type Model, plant } from '../src/net/weights.js'
import { conv, dense, globalAvgPool, image, maxPool } from '../src/net/words.js'
import { grow } from '../src/surgery/grow.js'
import { right } from './tools.js'

const half = (name: string) => maxPool(3, { stride: 2, name })

const base = net(
  'base',
  image(224, 224, 3),
  stack('stem', conv(64, 7, { stride: 2 }), half('half'), conv(64, 1), conv(192), half('quarter')),
  inception('3a', { point: 64, three: [96, 128], five: [16, 32], pool: 32 }),
  inception('3b', { point: 128, three: [128, 192], five: [32, 96], pool: 64 }),
  half('eighth'),
  inception('4a', { point: 192, three: [96, 208], five: [16, 48], pool: 64 }),
  inception('4b', { point: 160, three: [112, 224], five: [24, 64], pool: 64 }),
  inception('4c', { point: 128, three: [128, 256], five: [24, 64], pool: 64 }),
  inception('4d', { point: 112, three: [144, 288], five: [32, 64], pool: 64 }),
  inception('4e', { point: 256, three: [160, 320], five: [32, 128], pool: 128 }),
  half('sixteenth'),
  inception('5a', { point: 256, three: [160, 320], five: [32, 128], pool: 128 }),
  inception('5b', { point: 384, three: [192, 384], five: [48, 128], pool: 128 }),
  globalAvgPool,
  dense(1000),
)

/** Behind 3a grows a module that passes its 256 channels on and adds none that would widen the rest. */
const next = (model: Model, nth: number): Model =>
  right(
    grow({
      after: '3a',
      module: inception(`grown${nth}`, { point: 256 + 4 * nth, three: [96, 128], five: [16, 32], pool: 32 }),
      seed: 0,
    })(model),
  ).model

const model = right(plant(0)(base))
for (let repeat = 0; repeat < 3; repeat++) {
  const begin = performance.now()
  const grown = Array.from({ length: 19 }).reduce<Model>((each, _, nth) => next(each, nth), model)
  const ms = performance.now() - begin
  console.log(
    `${paramsOf(right(infer(base)))} -> ${paramsOf(right(infer(grown.net)))} parameters, 19 modules grown: ${ms.toFixed(0)} ms`,
  )
}
