/** Schedules resolved for a net: what depends on it, such as the layers that functions give for a shape, is data then. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DataSpec } from '../../data/spec.js'
import { fits, isRecord } from '../../io/codec.js'
import { excessOf } from '../../io/limits.js'
import { layerCodec } from '../../net/codec.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import type { Shape } from '../../net/shape.js'
import type { Layer, Net } from '../../net/tree.js'
import { withName } from '../../net/words/combinators.js'
import type { Growth, GrowthSite } from '../../surgery/grow/options.js'
import { type Anchor, advanceSite, anchorOf, sitePath } from '../../surgery/grow/site.js'
import { maxCodec } from '../steps/grow/grow-codec.js'
import { netGrown } from '../steps/grow/net-grown.js'
import { kindOf } from '../steps/index.js'
import type { Experiment } from './experiment.js'
import { type GrownPreview, previewGrowth } from './growth-preview.js'
import type { Grow, GrowthPlan, Growths, ModuleSource, PlannedGrow, ScheduleStep, Step } from './steps.js'

/** The net that steps leave where all that grows pays and nothing is cut. */
const netAfterSteps = (steps: readonly Step[], net: Net): Net =>
  steps.reduce((before, step) => kindOf(step).netAfter?.(step, netAfterSteps)(before) ?? before, net)

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

/** What grows at a site, as often as it is to. */
const growthsAt = (
  site: GrowthSite<ModuleSource>,
  max: number,
  net: Net,
  exact: boolean,
): readonly Growth[] => {
  const growths: Growth[] = []
  const usesShape = Object.values(site).some(value => typeof value === 'function')
  let now: GrownPreview = { net, last: sitePath(site) }
  while (growths.length < max) {
    const growth = growthAt(site, now, growths.length)
    if (growth === null) break
    growths.push(growth)
    if (usesShape) now = previewGrowth(now.net, advanceSite(now.last)(growth), exact) // else no shape is asked for
  }
  return growths
}

/** Candidates on the net as it is; none where a layer needs a shape that cannot be known: such are refused. */
const candidatesAt = (sites: readonly GrowthSite<ModuleSource>[], net: Net): readonly Growth[] => {
  const growths = sites.map(site => growthAt(site, { net, last: sitePath(site) }, 0))
  return growths.every(each => each !== null) ? growths : []
}

/** Whether candidates are sites at all; without types, they may be anything, which is kept to be refused. */
const isSites = (candidates: unknown): candidates is readonly GrowthSite<ModuleSource>[] =>
  Array.isArray(candidates) && candidates.every(isRecord)

const growthsFor = (plan: GrowthPlan, net: () => Net, exact: boolean): Growths => {
  if ('rule' in plan) return plan
  if (!('candidates' in plan)) return growthsAt(plan.site, plan.max, net(), exact)
  const { candidates } = plan
  return { ...plan, candidates: isSites(candidates) ? candidatesAt(candidates, net()) : candidates }
}

/** A net that takes a while to make, made when it is first asked for. */
const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const resolveGrow = ({ plan, steps, ...step }: PlannedGrow, net: () => Net): Grow => {
  const { max } = plan
  const isTimes = isCount(max)
  const growths = isTimes ? growthsFor(plan, net, step.exact) : []
  const first = once(() => netGrown(net(), { ...step, growths }, 1))
  return { ...step, growths, steps: resolveAll(first, steps), ...(isTimes ? {} : { max: max ?? null }) } // with max it is refused
}

/** A step for a net. What is none, since callers have no types, stays; so do steps too deep: both are refused. */
const resolve = (step: ScheduleStep, net: () => Net): Step => {
  const isHolder = step?._tag === 'rounds' || step?._tag === 'regrow' || step?._tag === 'grow'
  if (!isHolder || excessOf(step) !== null) return step as Step // only these hold what depends on the net
  if ('plan' in step) return resolveGrow(step, net)
  return step._tag === 'rounds' || step._tag === 'regrow'
    ? { ...step, steps: resolveAll(net, step.steps) }
    : step
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

/** The experiment of a net that is known, with its steps resolved on it. */
export const experimentOn = (net: Net, data: DataSpec, schedule: readonly ScheduleStep[]): Experiment =>
  Object.freeze({ _tag: 'experiment', net, data, schedule: resolveSteps(net)(schedule) })
