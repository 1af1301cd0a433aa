/**
 * Growing GoogLeNet's 9 modules to Inception-88's 28, one module at a time, weights included. Exact is a module with a
 * branch as wide as what comes in, to pass it on; theirs are narrower.
 */
import googlenet from '../dsl/googlenet.js'
import { inception, type Module } from '../src/net/combinators.js'
import { paramsOf } from '../src/net/count.js'
import { infer } from '../src/net/infer.js'
import type { Net } from '../src/net/layer.js'
import { type Model, plant } from '../src/net/weights.js'
import { grow } from '../src/surgery/grow.js'
import { right } from './tools.js'

/** Where the modules go: behind which, of what kind, how many. */
const stages: readonly (readonly [after: string, module: Module, times: number])[] = [
  ['3b', { point: 128, three: [128, 192], five: [32, 32, 96], pool: 64 }, 4],
  ['4e', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }, 11],
  ['5b', { point: 384, three: [192, 384], five: [48, 48, 128], pool: 128 }, 4],
]

interface Step {
  readonly after: string
  readonly name: string
  readonly module: Module
}

/** One behind another. */
const steps: readonly Step[] = stages.flatMap(([first, module, times]) =>
  Array.from({ length: times }, (_, nth) => ({
    after: nth === 0 ? first : `${first}${nth + 1}`,
    name: `${first}${nth + 2}`,
    module,
  })),
)

/** The model after the last step, and how many of the steps left what the net gives. */
const chain = (model: Model): { readonly model: Model; readonly exact: number } =>
  steps.reduce(
    (before, { after, name, module }) => {
      const grown = right(grow({ after, module: inception(name, module), seed: 0 })(before.model))
      return { model: grown.model, exact: before.exact + (grown.inexact === null ? 1 : 0) }
    },
    { model, exact: 0 },
  )

const paramsIn = (net: Net): number => paramsOf(right(infer(net)))

const seedling = right(plant(0)(googlenet))
for (let repeat = 0; repeat < 3; repeat++) {
  const [begin, used] = [performance.now(), process.cpuUsage()]
  const { model, exact } = chain(seedling)
  const [ms, cpu] = [performance.now() - begin, process.cpuUsage(used)]
  console.log(
    `${paramsIn(googlenet)} -> ${paramsIn(model.net)} parameters, ${steps.length} modules grown, ${exact} of them exactly: ${ms.toFixed(0)} ms, ${((cpu.user + cpu.system) / 1000).toFixed(0)} ms of processor`,
  )
}
