/** Pure transforms of models: prune and grow, with criteria and sites. */
export type { Channel } from './analysis/analysis.js'
export { type Decision, decisionOf } from './analysis/decision.js'
export { findThinLayers, type Thin, type Widths, widthsOf } from './analysis/trunk.js'
export type {
  AddressError,
  Fixing,
  GrowError,
  Measure,
  OptionError,
  PruneError,
  UtilityError,
} from './error.js'
export { type Grown, grow } from './grow/grow.js'
export type { Inexact, Unpreserved } from './grow/inexact.js'
export type { NewChannels, NewUnits } from './grow/new-units.js'
export type { ChannelStatistics, GrowInit, GrowOptions, Growth, GrowthSite } from './grow/options.js'
export { type GrowthRule, growthRule } from './grow/rule.js'
export type { Anchor, SiteKind } from './grow/site.js'
export type { ExactCost, WidenedLayer } from './grow/widen-module.js'
export type { RoundTo } from './prune/constraints/rounding.js'
export { type Cost, costsOf } from './prune/cost.js'
export { bnScale, type Criterion, l1, l2, perCost, random } from './prune/criteria.js'
export { mask } from './prune/mask.js'
export type { ByChannel, ByTarget, ByThreshold, ConstraintOptions, PruneOptions } from './prune/options.js'
export { byRemoved, type Pruned, prune, type Removed } from './prune/prune.js'
export type { Combine, Normalize, Utilities } from './prune/rank.js'
export type { Fate, RankedChannel } from './prune/ranking.js'
export type {
  AmountTarget,
  CountedAmount,
  CountedTarget,
  LatencyAmount,
  LatencyTarget,
  MeasureLatency,
  Target,
} from './prune/target.js'
export { type AxisMap, carrySlots, type Origin, type Remap } from './remap.js'
