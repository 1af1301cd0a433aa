/** Growing as a word. */
import type { NewRate } from '../../learn/growth/new-rate.js'
import { type TrainOptions, trainDefaults } from '../../learn/options.js'
import { constant } from '../../learn/training/learning-rate.js'
import { optionsOf, unknownIn } from '../../net/words/options.js'
import type { GrowInit, GrowthSite } from '../../surgery/grow/options.js'
import type { GrowthRule } from '../../surgery/grow/rule.js'
import type { GrowthCost } from './growth-cost.js'
import type { GrowthPlan, ModuleSource, PlannedGrow, ScheduleStep } from './steps.js'

/** Candidates that a gradient decides between. */
export interface CandidateOptions {
  readonly where: 'gradient'
  /** Each grows as if it were the first; all must be able to preserve the function. */
  readonly candidates: readonly GrowthSite<ModuleSource>[]
  /**
   * What a candidate's gradient is divided by: the parameters it adds, or its multiply–accumulates; by default
   * parameters.
   */
  readonly per?: GrowthCost
}

/**
 * The options of `grow`. A layer is named `grown` unless it has a name, with its number from the second on; modules go one
 * behind another, or before, else each at the same site. With a `rule` of your own, that says what grows and where. With
 * `where: 'gradient'`, each time the candidate grows whose new weights would get the largest gradient for what they cost.
 */
export type GrowStepOptions = (
  | GrowthSite<ModuleSource>
  | { readonly rule: GrowthRule }
  | CandidateOptions
) & {
  readonly max: number
  /** The least gain of validation accuracy that pays; by default 0.002. */
  readonly minDelta?: number
  /** So many nets in a row that gain less end the growing; by default 2. */
  readonly patience?: number
  readonly init?: GrowInit
  /** Whether growing must leave the net's answers as they are: a module too narrow for that is made wider. By default not. */
  readonly exact?: boolean
  readonly noise?: number
  readonly budget?: { readonly params?: number; readonly macs?: number; readonly latency?: number }
  /**
   * What the learning rate of new weights is multiplied by in the first training after they have grown: a number, or
   * `'balance'`, which goes by how large their gradient is beside that of the old ones. By default it is that of all.
   */
  readonly newRate?: NewRate | null
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

/** The options of `grow` that do not. */
const otherKeys = ['max', 'minDelta', 'patience', 'init', 'exact', 'noise', 'budget', 'newRate', 'warmup']

const isSite = (key: string): boolean => siteKeys.has(key)

/** The options that say where and what to grow, and the rest. */
const siteIn = (options: object): { readonly site: GrowthSite<ModuleSource>; readonly rest: object } => {
  const entries = Object.entries(options)
  return {
    site: Object.fromEntries(entries.filter(([key]) => isSite(key))) as never, // by these keys it is one, or is refused
    rest: Object.fromEntries(entries.filter(([key]) => !isSite(key))),
  }
}

/** What grows, and the options that say nothing of it, beside those that could. */
interface PlanOptions {
  readonly plan: GrowthPlan
  readonly rest: object
  readonly known: readonly string[]
}

/** One of the two tells what is meant; without types, the other may be missing. */
const isByCandidates = (options: object): options is CandidateOptions =>
  'candidates' in options || 'where' in options

const planOf = (
  options: GrowthSite<ModuleSource> | { readonly rule: GrowthRule } | CandidateOptions,
  max: number,
): PlanOptions => {
  if (isByCandidates(options)) {
    const { where, candidates, per = 'params', ...rest } = options
    return {
      plan: { where, candidates, per, max },
      rest,
      known: ['where', 'candidates', 'per', ...otherKeys],
    }
  }
  if ('rule' in options) {
    const { rule, ...rest } = options
    return { plan: { rule, max }, rest, known: ['rule', ...otherKeys] }
  }
  const { site, rest } = siteIn(options)
  return { plan: { site, max }, rest, known: ['rule', 'candidates', ...siteKeys, ...otherKeys] }
}

/**
 * Adds a module, a branch or width, one at a time, and runs the steps on each grown net, while validation accuracy gains.
 *
 * Each grown net is kept in the run's folder with its figures; one that gains too little is taken back. A function in
 * place of a module is given the shape there in the experiment's net, with all growths before it and without any prunes.
 *
 * @example
 * grow({ after: 'a', module: ([, , c = 0]) => inception('next', { point: c, three: [8, 16] }), max: 3 }, train({ epochs: 2 }))
 * grow({ widen: 'a', by: 1.5, max: 2, budget: { params: 60_000 } }, train({ epochs: 2 }))
 * grow(
 *   { where: 'gradient', candidates: [{ widen: 'a', by: 1.5 }, { to: 'a', branch: convBnAct(8) }], max: 3 },
 *   train({ epochs: 2 }),
 * )
 */
export const grow = (options: GrowStepOptions, ...steps: readonly ScheduleStep[]): PlannedGrow => {
  const {
    max,
    minDelta = 0.002,
    patience = 2,
    init = 'preserve',
    exact = false,
    noise = 0.1,
    budget = {},
    newRate = null,
    warmup = null,
    ...others
  } = optionsOf(options)
  const { params = null, macs = null, latency = null, ...budgetRest } = optionsOf(budget)
  const { plan, rest, known } = planOf(others, max)
  return {
    _tag: 'grow',
    plan,
    init,
    exact,
    noise,
    minDelta,
    patience,
    budget: { params, macs, latency, ...unknownIn(budgetRest) },
    newRate,
    warmup: warmup === null ? null : { ...trainDefaults, lrSchedule: constant(), ...optionsOf(warmup) },
    steps,
    ...unknownIn(rest, known),
  }
}
