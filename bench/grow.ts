/**
 * Growing GoogLeNet's 9 modules to Inception-88's 28, weights included: one module at a time, or each stage's at once.
 * Only a module with a branch as wide as its input can preserve the output exactly; theirs are narrower.
 */
import googlenet from '../dsl/nets/imagenet/googlenet.js'
import { countParams } from '../src/net/counts.js'
import { infer } from '../src/net/infer.js'
import type { Layer, Net } from '../src/net/tree.js'
import { init, type Model } from '../src/net/weights.js'
import { type InceptionOptions, inception, stack } from '../src/net/words/combinators.js'
import { grow } from '../src/surgery/grow/grow.js'
import { keep, median, right } from './tools.js'

/** Where the modules go: behind which, of what kind, how many. */
const stages: readonly (readonly [after: string, module: InceptionOptions, times: number])[] = [
  ['3b', { point: 128, three: [128, 192], five: [32, 32, 96], pool: 64 }, 4],
  ['4e', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }, 11],
  ['5b', { point: 384, three: [192, 384], five: [48, 48, 128], pool: 128 }, 4],
]

interface Step {
  readonly after: string
  readonly module: Layer
}

const modulesOf = (first: string, module: InceptionOptions, times: number): readonly Layer[] =>
  Array.from({ length: times }, (_, nth) => inception(`${first}${nth + 2}`, module))

/** One behind another. */
const modules: readonly Step[] = stages.flatMap(([first, module, times]) =>
  modulesOf(first, module, times).map((each, nth) => ({
    after: nth === 0 ? first : `${first}${nth + 1}`,
    module: each,
  })),
)

const stacks: readonly Step[] = stages.map(([first, module, times]) => ({
  after: first,
  module: stack(`${first}more`, ...modulesOf(first, module, times)),
}))

/** The model after the last step, and how many of the steps left what the net gives. */
const chain = (steps: readonly Step[], model: Model): { readonly model: Model; readonly exact: number } =>
  steps.reduce(
    (before, step) => {
      const grown = right(grow({ ...step, seed: 0 })(before.model))
      return { model: grown.model, exact: before.exact + (grown.inexact === null ? 1 : 0) }
    },
    { model, exact: 0 },
  )

const paramsIn = (net: Net): number => countParams(right(infer(net)))

const repeats = 7
const seedling = right(init(0)(googlenet))

const timed = (steps: readonly Step[]): number => {
  const begin = performance.now()
  chain(steps, seedling)
  return performance.now() - begin
}

const contestants = [
  ['a module at a time', modules],
  ['a stage at a time', stacks],
] as const
const rounds = Array.from({ length: repeats }, () => contestants.map(([, steps]) => timed(steps)))

const lines = contestants.map(([how, steps], nth) => {
  const { model, exact } = chain(steps, seedling)
  const times = rounds.map(round => round[nth] ?? Number.NaN)
  return `${how}: ${paramsIn(googlenet)} -> ${paramsIn(model.net)} parameters in ${steps.length} steps, ${exact} of them exact; ${median(times).toFixed(0)} ms at the median of ${repeats}, ${Math.min(...times).toFixed(0)} at the least`
})
keep('grow.txt', lines.join('\n'))
