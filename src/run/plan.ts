/** Growing as a word, and how a schedule that depends on its net becomes one that does not. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type TrainOptions, trainDefaults } from '../learn/options.js'
import { constant } from '../learn/rate.js'
import { named } from '../net/combinators.js'
import { infer } from '../net/infer.js'
import type { Layer, Net } from '../net/layer.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { How } from '../surgery/growth.js'
import { place, unlike } from '../surgery/place.js'
import type { Planned, Step, Unresolved } from './schedule.js'

/** A module for a place, told by the shape that comes in; `nth` counts from 0. */
export type Sprout = Layer | ((shape: Shape, nth: number) => Layer)

/** What `grow` is told. */
export interface GrowWord {
  /** The layer to grow behind. */
  readonly after: Path
  /** Named `grown` unless it has a name; with its number from the second on. */
  readonly module: Sprout
  readonly upTo: number
  readonly until?: { readonly gainBelow?: number; readonly patience?: number }
  readonly how?: How
  readonly spark?: number
  readonly budget?: { readonly params?: number; readonly macs?: number; readonly latency?: number }
  /** What differs from plain training at a constant rate; by default there is none. */
  readonly warmup?: Partial<TrainOptions> | null
}

/** A net, and where in it the last module is. */
interface Grove {
  readonly net: Net
  readonly at: Path
}

/** The net with a module more, as far as one can tell before it runs. */
const planted = ({ net, at }: Grove, module: Layer): Grove =>
  pipe(
    place({ after: at, module: unlike(at, net)(module) })(net),
    E.getOrElse(() => ({ net, at })),
  )

const shapeAt = ({ net, at }: Grove): Shape | null =>
  pipe(
    infer(net),
    E.match(
      () => null,
      inferred => inferred.get(at)?.output ?? null,
    ),
  )

const numbered = (module: Layer, nth: number): Layer => {
  const name = module.name === '' ? 'grown' : module.name
  return named(nth === 0 ? name : `${name}${nth + 1}`, module)
}

/** None where a module has to be told a shape that nobody knows. */
const sprouts = (sprout: Sprout, grove: Grove, upTo: number, nth = 0): readonly Layer[] => {
  const shape = typeof sprout === 'function' ? shapeAt(grove) : []
  if (nth >= upTo || shape === null) return []
  const module = numbered(typeof sprout === 'function' ? sprout(shape, nth) : sprout, nth)
  return [module, ...sprouts(sprout, planted(grove, module), upTo, nth + 1)]
}

/**
 * Grows a module at a time behind a layer, and runs the steps on each net met, while validation gains.
 *
 * Every net met on the way is kept in the run's folder with its figures; a net that gains too little is taken back. A
 * function sees the shape its place has in the net of the experiment with all that was to grow before; behind a
 * prune, as if nothing had been cut.
 *
 * @example
 * grow({ after: 'a', module: ([, , c = 0]) => inception('next', { point: c, three: [8, 16] }), upTo: 3 }, train({ epochs: 2 }))
 */
export const grow =
  (
    { after, module, upTo, until = {}, how = 'exact', spark = 0.1, budget = {}, warmup = null }: GrowWord,
    ...steps: readonly Planned[]
  ): Unresolved =>
  net => {
    const modules = sprouts(module, { net, at: after }, upTo)
    const first = modules.slice(0, 1).reduce(planted, { net, at: after })
    return {
      _tag: 'grow',
      after,
      modules,
      how,
      spark,
      gainBelow: until.gainBelow ?? 0.002,
      patience: until.patience ?? 2,
      budget: { params: budget.params ?? null, macs: budget.macs ?? null, latency: budget.latency ?? null },
      warmup: warmup === null ? null : { ...trainDefaults, schedule: constant(), ...warmup },
      steps: resolved(first.net)(steps),
    }
  }

const resolve = (step: Planned, net: Net): Step => {
  if (typeof step === 'function') return step(net)
  return step._tag === 'rounds' ? { ...step, steps: resolved(net)(step.steps) } : step
}

/** The net a step leaves where all that grows pays and nothing is cut. */
const behind = (step: Step, net: Net): Net => {
  if (step._tag === 'rounds') return step.steps.reduce((now, inner) => behind(inner, now), net)
  if (step._tag !== 'grow') return net
  const grown = step.modules.reduce(planted, { net, at: step.after })
  return step.steps.reduce((now, inner) => behind(inner, now), grown.net)
}

/** The steps for a net, each told what those before it grow. */
export const resolved =
  (net: Net) =>
  (steps: readonly Planned[]): readonly Step[] =>
    steps.reduce<{ readonly net: Net; readonly done: readonly Step[] }>(
      (before, step) => {
        const next = resolve(step, before.net)
        return { net: behind(next, before.net), done: [...before.done, next] }
      },
      { net, done: [] },
    ).done
