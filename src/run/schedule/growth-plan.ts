/** Growing as a word, and how a schedule that depends on its net becomes one that does not. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { fits } from '../../io/codec.js'
import { excessOf } from '../../io/limits.js'
import { type TrainOptions, trainDefaults } from '../../learn/options.js'
import { constant } from '../../learn/training/rate.js'
import { layerCodec } from '../../net/codec.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import type { Shape } from '../../net/shape.js'
import type { Layer, Net } from '../../net/tree.js'
import { withName } from '../../net/words/combinators.js'
import { optionsOf, unknownIn } from '../../net/words/options.js'
import type { GrowInit, Growth, GrowthSite } from '../../surgery/grow/options.js'
import { type Anchor, advanceSite, anchorOf, sitePath } from '../../surgery/grow/site.js'
import { maxCodec } from '../steps/grow.js'
import { netAfterSteps } from '../steps/machine.js'
import { type GrownPreview, previewGrowth } from './growth-preview.js'
import type { NetDependentStep, ScheduleStep, Step } from './schedule.js'

/** A module for a place, or one made from the input shape there; `nth` counts from 0. */
export type ModuleSource = Layer | ((shape: Shape, nth: number) => Layer)

/**
 * The options of `grow`. A layer is named `grown` unless it has a name, with its number from the second on; modules go one
 * behind another, or before, else each to the same place.
 */
export type GrowStepOptions = GrowthSite<ModuleSource> & {
  readonly max: number
  /** The least gain of validation accuracy that pays; by default 0.002. */
  readonly minDelta?: number
  /** So many nets in a row that gain less end the growing; by default 2. */
  readonly patience?: number
  readonly init?: GrowInit
  readonly noise?: number
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

/** All options of `grow`. */
const growKeys = [...siteKeys, 'max', 'minDelta', 'patience', 'init', 'noise', 'budget', 'warmup']

const isLayer = fits(layerCodec)
const isCount = fits(maxCodec)

const shapeOn =
  (spot: Anchor | null) =>
  (inferred: CheckedNet): Shape | null => {
    if (spot === null) return null
    return (
      ('after' in spot ? inferred.layers.get(spot.after)?.output : inferred.layers.get(spot.into)?.input) ??
      null
    )
  }

/** The input shape of a new layer; null where it cannot be known. */
const shapeAt = (site: GrowthSite<ModuleSource>, { net, last }: GrownPreview): Shape | null =>
  pipe(
    infer(net),
    E.match(
      () => null,
      inferred => shapeOn(pipe(site, advanceSite(last), anchorOf(net)))(inferred),
    ),
  )

const numberName = (module: Layer, nth: number): Layer => {
  const name = module.name === '' ? 'grown' : module.name
  return withName(nth === 0 ? name : `${name}${nth + 1}`, module)
}

/** What grows as the `nth`; null where a layer needs a shape that cannot be known. */
const growthAt = (site: GrowthSite<ModuleSource>, preview: GrownPreview, nth: number): Growth | null => {
  if ('widen' in site) {
    const { widen, by, ...others } = site
    return { widen, by, ...others }
  }
  const source = 'to' in site ? site.branch : site.module
  const shape = typeof source === 'function' ? shapeAt(site, preview) : []
  if (shape === null) return null
  const given = typeof source === 'function' ? source(shape, nth) : source
  const layer = isLayer(given) ? numberName(given, nth) : given
  if (!('to' in site)) return { ...site, module: layer }
  const { to, branch: _, ...others } = site
  return { to, branch: layer, ...others }
}

const growthsOf = (site: GrowthSite<ModuleSource>, preview: GrownPreview, max: number): readonly Growth[] => {
  const growths: Growth[] = []
  const usesShape = [...Object.values(site)].some(value => typeof value === 'function')
  let now = preview
  while (growths.length < max) {
    const growth = growthAt(site, now, growths.length)
    if (growth === null) break
    growths.push(growth)
    if (usesShape) now = previewGrowth(now, growth) // else no shape is asked for
  }
  return growths
}

const isSite = (key: string): boolean => siteKeys.has(key)

/** The options that say where and what to grow, and the rest. */
const siteIn = (
  options: GrowthSite<ModuleSource>,
): { readonly site: GrowthSite<ModuleSource>; readonly rest: object } => {
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
 * grow({ after: 'a', module: ([, , c = 0]) => inception('next', { point: c, three: [8, 16] }), max: 3 }, train({ epochs: 2 }))
 * grow({ widen: 'a', by: 1.5, max: 2, budget: { params: 60_000 } }, train({ epochs: 2 }))
 */
export const grow =
  (options: GrowStepOptions, ...steps: readonly ScheduleStep[]): NetDependentStep =>
  net => {
    const {
      max,
      minDelta = 0.002,
      patience = 2,
      init = 'preserve',
      noise = 0.1,
      budget = {},
      warmup = null,
      ...others
    } = optionsOf(options)
    const { site, rest } = siteIn(others)
    const { params = null, macs = null, latency = null, ...budgetRest } = optionsOf(budget)
    const preview = { net, last: sitePath(site) }
    const isTimes = isCount(max)
    const growths = isTimes ? growthsOf(site, preview, max) : []
    const first = once(() => growths.slice(0, 1).reduce(previewGrowth, preview).net)
    return {
      _tag: 'grow',
      growths,
      init,
      noise,
      minDelta,
      patience,
      budget: { params, macs, latency, ...unknownIn(budgetRest) },
      warmup: warmup === null ? null : { ...trainDefaults, lrSchedule: constant(), ...optionsOf(warmup) },
      steps: resolveAll(first, steps),
      ...(isTimes ? {} : { max }), // such a step is refused
      ...unknownIn(rest, growKeys),
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
const resolve = (step: ScheduleStep, net: () => Net): Step => {
  if (typeof step === 'function') return step(net())
  return step?._tag === 'rounds' && excessOf(step) === null
    ? { ...step, steps: resolveAll(net, step.steps) }
    : (step as Step) // only rounds hold steps that depend on the net
}

const resolveAll = (net: () => Net, steps: readonly ScheduleStep[]): readonly Step[] => {
  const done: Step[] = []
  let now = net
  for (const step of steps) {
    const [before, next] = [now, resolve(step, now)]
    done.push(next)
    now = once(() => (excessOf(next) === null ? netAfterSteps([next], before()) : before()))
  }
  return done
}

/** The steps for a net, each resolved on the net that those before it grow. */
export const resolveSteps =
  (net: Net) =>
  (steps: readonly ScheduleStep[]): readonly Step[] =>
    resolveAll(() => net, steps)
