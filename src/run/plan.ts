/** Growing as a word, and how a schedule that depends on its net becomes one that does not. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type TrainOptions, trainDefaults } from '../learn/options.js'
import { constant } from '../learn/rate.js'
import { excessOf } from '../net/bounds.js'
import { fits } from '../net/closed.js'
import { layerCodec } from '../net/codec.js'
import { named } from '../net/combinators.js'
import { type Inferred, infer } from '../net/infer.js'
import type { Layer, Net } from '../net/layer.js'
import { optionsOf, unknownIn } from '../net/options.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import { growthCodec } from '../surgery/codec.js'
import { sprouted } from '../surgery/grow.js'
import type { Growth, How, Site } from '../surgery/growth.js'
import { unlike } from '../surgery/place.js'
import { beginningOf, following, placeOf, type Spot, spotOf } from '../surgery/where.js'
import { upToCodec } from './codec.js'
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

/** The options that say where and what to grow. */
const siteKeys: ReadonlySet<string> = new Set([
  'after',
  'before',
  'inside',
  'at',
  'deepen',
  'to',
  'widen',
  'module',
  'branch',
  'by',
])

/** All options of `grow`, those of its `until` among them. */
const growKeys = [...siteKeys, 'upTo', 'until', 'gainBelow', 'patience', 'how', 'spark', 'budget', 'warmup']

/** A net, and where in it the last growth is. */
interface Grove {
  readonly net: Net
  readonly at: Path
}

const isGrowth = fits(growthCodec)
const isLayer = fits(layerCodec)
const isCount = fits(upToCodec)

/** The net grown once more, as far as one can tell before it runs. */
const planted = ({ net, at }: Grove, growth: Growth): Grove =>
  isGrowth(growth)
    ? pipe(
        sprouted(pipe(growth, following(at), unlike(net)), 'fresh')(net),
        E.match(
          () => ({ net, at }),
          ({ net: wider, grown: [place = at] }) => ({ net: wider, at: place }),
        ),
      )
    : { net, at }

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
    E.match(
      () => null,
      inferred => shapeOn(pipe(site, following(at), spotOf(net)))(inferred),
    ),
  )

const numbered = (module: Layer, nth: number): Layer => {
  const name = module.name === '' ? 'grown' : module.name
  return named(nth === 0 ? name : `${name}${nth + 1}`, module)
}

/** What grows as the `nth`; null where a layer has to be told a shape that nobody knows. */
const growthAt = (site: Site<Sprout>, grove: Grove, nth: number): Growth | null => {
  if ('widen' in site) {
    const { widen, by, ...others } = site
    return { widen, by, ...others }
  }
  const sprout = 'to' in site ? site.branch : site.module
  const shape = typeof sprout === 'function' ? shapeAt(site, grove) : []
  if (shape === null) return null
  const given = typeof sprout === 'function' ? sprout(shape, nth) : sprout
  const layer = isLayer(given) ? numbered(given, nth) : given
  if (!('to' in site)) return { ...site, module: layer }
  const { to, branch: _, ...others } = site
  return { to, branch: layer, ...others }
}

const growthsOf = (site: Site<Sprout>, grove: Grove, upTo: number): readonly Growth[] => {
  const growths: Growth[] = []
  const isTold = [...Object.values(site)].some(value => typeof value === 'function')
  let now = grove
  while (growths.length < upTo) {
    const growth = growthAt(site, now, growths.length)
    if (growth === null) break
    growths.push(growth)
    if (isTold) now = planted(now, growth) // else no shape is asked for
  }
  return growths
}

const isSite = (key: string): boolean => siteKeys.has(key)

/** What of options says where and what to grow, and what does not. */
const siteIn = (options: Site<Sprout>): { readonly site: Site<Sprout>; readonly rest: object } => {
  const entries = Object.entries(options)
  return {
    site: Object.fromEntries(entries.filter(([key]) => isSite(key))) as never, // by these keys it is one, or is refused
    rest: Object.fromEntries(entries.filter(([key]) => !isSite(key))),
  }
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
  (options: GrowWord, ...steps: readonly Planned[]): Unresolved =>
  net => {
    const {
      upTo,
      until = {},
      how = 'exact',
      spark = 0.1,
      budget = {},
      warmup = null,
      ...others
    } = optionsOf(options)
    const { site, rest } = siteIn(others)
    const { gainBelow = 0.002, patience = 2, ...untilRest } = optionsOf(until)
    const { params = null, macs = null, latency = null, ...budgetRest } = optionsOf(budget)
    const grove = { net, at: placeOf(site) }
    const times = isCount(upTo)
    const growths = times ? growthsOf(site, grove, upTo) : []
    const first = once(() => growths.slice(0, 1).reduce(planted, grove).net)
    return {
      _tag: 'grow',
      growths,
      how,
      spark,
      gainBelow,
      patience,
      budget: { params, macs, latency, ...unknownIn(budgetRest) },
      warmup: warmup === null ? null : { ...trainDefaults, schedule: constant(), ...optionsOf(warmup) },
      steps: resolveAll(first, steps),
      ...(times ? {} : { upTo }), // such a step is refused
      ...unknownIn({ ...rest, ...untilRest }, growKeys),
    }
  }

/** A net that takes a while to make, made when it is first asked for. */
const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** A step for a net. What is none, since callers have no types, stays; so do rounds too deep: both are refused. */
const resolve = (step: Planned, net: () => Net): Step => {
  if (typeof step === 'function') return step(net())
  return step?._tag === 'rounds' && excessOf(step) === null
    ? { ...step, steps: resolveAll(net, step.steps) }
    : (step as Step)
}

/** The net a step leaves where all that grows pays and nothing is cut. */
const behind = (step: Step, net: Net): Net => {
  if (step?._tag === 'rounds') return step.steps.reduce((now, inner) => behind(inner, now), net)
  if (step?._tag !== 'grow') return net
  const grown = step.growths.reduce(planted, { net, at: beginningOf(step.growths) })
  return step.steps.reduce((now, inner) => behind(inner, now), grown.net)
}

const resolveAll = (net: () => Net, steps: readonly Planned[]): readonly Step[] => {
  const done: Step[] = []
  let now = net
  for (const step of steps) {
    const [before, next] = [now, resolve(step, now)]
    done.push(next)
    now = once(() => (excessOf(next) === null ? behind(next, before()) : before()))
  }
  return done
}

/** The steps for a net, each told what those before it grow. */
export const resolved =
  (net: Net) =>
  (steps: readonly Planned[]): readonly Step[] =>
    resolveAll(() => net, steps)
