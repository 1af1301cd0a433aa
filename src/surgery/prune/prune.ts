/** Prune: a smaller model, whose channels, branches and bodies are removed physically. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { checkWeights, type Model } from '../../net/weights.js'
import { type Analysis, analyse } from '../analysis/analysis.js'
import type { PruneError } from '../error.js'
import { memoize } from '../memoize.js'
import type { Remap } from '../remap.js'
import { checkPruneOptions } from './check-options.js'
import { type Cost, costFor, costsOf } from './cost.js'
import type { ByChannel, ConstraintOptions, PruneOptions } from './options.js'
import { type PrunedNet, pruneNet } from './prune-net.js'
import { checkUtilities, type Utilities } from './rank.js'
import { type Fate, type RankedChannel, rankingOf } from './ranking.js'
import { type Selection, selectByChannel, selectByScore } from './select.js'
import type { AmountTarget, CountedAmount } from './target.js'

/**
 * A channel that was removed; `starved` when it scored enough, but all its inputs, or the branch or body it lies in,
 * were removed.
 */
export interface Removed extends Omit<RankedChannel, 'fate'> {
  readonly why: Extract<Fate, 'utility' | 'starved'>
}

/** A pruned model, what was removed and why, and where its arrays come from. */
export interface Pruned {
  readonly model: Model
  readonly removed: readonly Removed[]
  /** Every channel there was, with what became of it. */
  readonly ranking: readonly RankedChannel[]
  /** Residuals whose body was removed. */
  readonly bypassed: readonly Path[]
  /** By path, the old channel of each channel of the layer's output. */
  readonly channels: Readonly<Record<Path, Int32Array>>
  readonly remap: Remap
}

const utilitiesOf = (options: PruneOptions, model: Model): E.Either<PruneError, Utilities> => {
  if ('channels' in options) return E.right({})
  return typeof options.by === 'function' ? options.by(model, undefined) : E.right(options.by)
}

const removedIn = (ranking: readonly RankedChannel[]): readonly Removed[] =>
  ranking.flatMap(({ fate, ...channel }) =>
    fate === 'utility' || fate === 'starved' ? [{ ...channel, why: fate }] : [],
  )

const prunedModel = (
  analysis: Analysis,
  utilities: Utilities,
  selection: Selection,
  narrowed: PrunedNet,
): Pruned => {
  const ranking = rankingOf(analysis, utilities, selection)
  return {
    model: narrowed.model(),
    removed: removedIn(ranking),
    ranking,
    bypassed: [...selection.constrained.bypassed],
    channels: narrowed.channels(),
    remap: narrowed.remap(),
  }
}

const select = (
  options: PruneOptions,
  analysis: Analysis,
  utilities: Utilities,
  narrowTo: ReturnType<typeof pruneNet>,
): E.Either<PruneError, Selection> =>
  'channels' in options
    ? selectByChannel(options)(analysis)
    : selectByScore(options, narrowTo)(analysis, utilities)

/**
 * Removes the channels of the least utility, or those named: kernels, batch-norm slots and dense rows shrink; a branch,
 * a module or a residual's body without channels is removed whole. Paths stay.
 *
 * Shapes  kernel [k, k, in, out] → [k, k, in′, out′]; the input and the output of the net keep theirs
 * Errors  DecodeError, UnknownPath, WrongLength, NotFinite, WrongWeight, WrongOption; OutOfReach when options hold
 *         back more than the target; EmptyNet when a threshold or a list of channels would cut off the output
 * Law     forward(pruned) = forward(masked); pruning nothing gives the model itself; disjoint prunings commute
 * Source  Tian, Arbel, Clark 2021 (CVIU), for `eta`; Fang et al. 2023, for groups
 *
 * @example
 * pipe(model, prune({ eta: 0.1, by: utilities }))
 * pipe(model, prune({ keep: { params: 0.3 }, by: l1 }))
 */
export const prune =
  (options: PruneOptions) =>
  (model: Model): E.Either<PruneError, Pruned> => {
    const analysis = analyse(model)
    const narrowTo = memoize(pruneNet(analysis, model.weights))
    return pipe(
      checkPruneOptions(options, model),
      E.flatMap(() => checkWeights(model)),
      E.flatMap(() => utilitiesOf(options, model)),
      E.tap(checkUtilities(analysis)),
      E.bindTo('utilities'),
      E.bind('selection', ({ utilities }) => select(options, analysis, utilities, narrowTo)),
      E.map(({ utilities, selection }) =>
        prunedModel(analysis, utilities, selection, narrowTo(selection.constrained)),
      ),
    )
  }

/** Utilities by which the channels that cost most are removed first. */
const inverseCosts = (cost: Cost, net: CheckedNet, units: readonly Path[]): Utilities => {
  const costs = costsOf(cost)(net)
  return Object.fromEntries(
    units.map(path => [path, (costs[path] ?? new Float64Array()).map(each => 1 / each)]),
  )
}

/**
 * Whether a target can be met by removing channels of these layers, as far as the net alone tells.
 *
 * Errors  OutOfReach
 */
export const checkReachable =
  ({
    units,
    ...options
  }: ConstraintOptions & AmountTarget<CountedAmount> & { readonly units: readonly Path[] }) =>
  (net: CheckedNet): E.Either<PruneError, void> => {
    const analysis = analyse(net)
    const by = inverseCosts(costFor(options), net, units)
    return pipe(
      selectByScore({ ...options, by, normalize: 'raw' }, pruneNet(analysis, {}))(analysis, by),
      E.asUnit,
    )
  }

/**
 * A pruning as the channels it removed, by name.
 *
 * Law  prune(byRemoved(prune(options)(model)))(model) is the same pruning
 */
export const byRemoved = ({ removed, bypassed }: Pick<Pruned, 'removed' | 'bypassed'>): ByChannel => {
  const channels: Record<Path, number[]> = {}
  for (const { path, channel } of removed) {
    const known = channels[path]
    if (known === undefined) channels[path] = [channel]
    else known.push(channel)
  }
  return { channels, bodies: bypassed }
}
