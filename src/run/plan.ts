/** Growing as a word, and how a schedule that depends on its net becomes one that does not. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type TrainOptions, trainDefaults } from '../learn/options.js'
import { constant } from '../learn/rate.js'
import { named } from '../net/combinators.js'
import { type Inferred, infer } from '../net/infer.js'
import type { Layer, Net } from '../net/layer.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import { sprouted } from '../surgery/grow.js'
import type { Growth, How, Site } from '../surgery/growth.js'
import { unlike } from '../surgery/place.js'
import { beginningOf, following, placeOf, type Spot, spotOf } from '../surgery/where.js'
import type { Planned, Step, Unresolved } from './schedule.js'

/** A module for a place, told by the shape that comes in; `nth` counts from 0. */
export type Sprout = Layer | ((shape: Shape, nth: number) => Layer)

/**
 * What `grow` is told. A layer is named `grown` unless it has a name, with its number from the second on; modules go one
 * behind another, or before, else each to the same place.
 */
export type GrowWord = Site<Sprout> & {
  readonly upTo: number
  readonly until?: { readonly gainBelow?: number; readonly patience?: number }
  readonly how?: How
  readonly spark?: number
  readonly budget?: { readonly params?: number; readonly macs?: number; readonly latency?: number }
  /** What differs from plain training at a constant rate; by default there is none. */
  readonly warmup?: Partial<TrainOptions> | null
}

/** A net, and where in it the last growth is. */
interface Grove {
  readonly net: Net
  readonly at: Path
}

/** The net grown once more, as far as one can tell before it runs. */
const planted = ({ net, at }: Grove, growth: Growth): Grove =>
  pipe(
    sprouted(pipe(growth, following(at), unlike(net)), 'fresh')(net),
    E.match(
      () => ({ net, at }),
      ({ net: wider, grown: [place = at] }) => ({ net: wider, at: place }),
    ),
  )

const shapeOn =
  (spot: Spot | null) =>
  (inferred: Inferred): Shape | null => {
    if (spot === null) return null
    return ('after' in spot ? inferred.get(spot.after)?.output : inferred.get(spot.into)?.input) ?? null
  }

/** What would come into a new layer; null where nobody knows. */
const shapeAt = (site: Site<Sprout>, { net, at }: Grove): Shape | null =>
  pipe(
    infer(net),
    E.match(() => null, shapeOn(pipe(site, following(at), spotOf(net)))),
  )

const numbered = (module: Layer, nth: number): Layer => {
  const name = module.name === '' ? 'grown' : module.name
  return named(nth === 0 ? name : `${name}${nth + 1}`, module)
}

/** What grows as the `nth`; null where a layer has to be told a shape that nobody knows. */
const growthAt = (site: Site<Sprout>, grove: Grove, nth: number): Growth | null => {
  if ('widen' in site) return { widen: site.widen, by: site.by }
  const sprout = 'to' in site ? site.branch : site.module
  const shape = typeof sprout === 'function' ? shapeAt(site, grove) : []
  if (shape === null) return null
  const layer = numbered(typeof sprout === 'function' ? sprout(shape, nth) : sprout, nth)
  return 'to' in site ? { to: site.to, branch: layer } : { ...site, module: layer }
}

const growthsOf = (site: Site<Sprout>, grove: Grove, upTo: number, nth = 0): readonly Growth[] => {
  const growth = nth < upTo ? growthAt(site, grove, nth) : null
  return growth === null ? [] : [growth, ...growthsOf(site, planted(grove, growth), upTo, nth + 1)]
}

/**
 * Grows a module, a branch or a width at a time, and runs the steps on each net met, while validation gains.
 *
 * Every net met on the way is kept in the run's folder with its figures; a net that gains too little is taken back. A
 * function sees the shape its place has in the net of the experiment with all that was to grow before; behind a
 * prune, as if nothing had been cut.
 *
 * @example
 * grow({ after: 'a', module: ([, , c = 0]) => inception('next', { point: c, three: [8, 16] }), upTo: 3 }, train({ epochs: 2 }))
 * grow({ widen: 'a', by: 1.5, upTo: 2, budget: { params: 60_000 } }, train({ epochs: 2 }))
 */
export const grow =
  (
    { upTo, until = {}, how = 'exact', spark = 0.1, budget = {}, warmup = null, ...site }: GrowWord,
    ...steps: readonly Planned[]
  ): Unresolved =>
  net => {
    const grove = { net, at: placeOf(site) }
    const growths = growthsOf(site, grove, upTo)
    const first = growths.slice(0, 1).reduce(planted, grove)
    return {
      _tag: 'grow',
      growths,
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
  const grown = step.growths.reduce(planted, { net, at: beginningOf(step.growths) })
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
