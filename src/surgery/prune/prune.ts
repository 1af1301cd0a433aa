/** Prune: a model that has lost channels, branches and bodies, physically. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import { checkWeights, type Model } from '../../net/weights.js'
import { type Analysis, analyse, type Channel } from '../analysis/analysis.js'
import type { PruneError } from '../error.js'
import type { Remap } from '../remap.js'
import { type Cost, costsOf } from './cost.js'
import { type Narrowed, narrow } from './narrow.js'
import { type ByChannel, type ByTarget, checkPruneOptions, type PruneOptions } from './options.js'
import { checkUtilities, type Utilities } from './rank.js'
import { type Selection, selectByChannel, selectByScore } from './select.js'
import type { TargetOptions } from './target.js'

/** A channel that went, and why. */
export interface Removed extends Channel {
  readonly group: string
  /** Its own, as given; null where none was. */
  readonly utility: number | null
  /** What was compared with the threshold, below which channels go; null where channels were named. */
  readonly score: number | null
  readonly threshold: number | null
  /** How many of the candidates scored less; null where it was none. */
  readonly rank: number | null
  /** `starved` when it was worth keeping, but what it is made of, or all it stood with, went. */
  readonly why: 'utility' | 'starved'
}

/** A pruned model, what went and why, and where what stayed came from. */
export interface Pruned {
  readonly model: Model
  readonly removed: readonly Removed[]
  /** Residuals whose body went whole. */
  readonly bypassed: readonly Path[]
  /** By path, the old channel of each channel a layer gives now. */
  readonly channels: Readonly<Record<Path, Int32Array>>
  readonly remap: Remap
}

/** Nothing is known of what channels are worth where they were named. */
const nothing: Utilities = {}

const utilitiesOf = (options: PruneOptions, model: Model): E.Either<PruneError, Utilities> => {
  if ('channels' in options) return E.right(nothing)
  return typeof options.by === 'function' ? options.by(model, undefined) : E.right(options.by)
}

const removedBy = (
  { makers, groups, groupOf }: Analysis,
  utilities: Utilities,
  { settled, wish, verdict }: Selection,
): readonly Removed[] =>
  makers.flatMap((mine, each) => {
    if (settled.kept[each] === 1) return []
    const rank = verdict?.rank[each] ?? -1
    return mine.map(({ path, channel }) => ({
      path,
      channel,
      group: groups[groupOf[each] ?? 0]?.name ?? '',
      utility: utilities[path]?.[channel] ?? null,
      score: rank < 0 ? null : (verdict?.score[each] ?? null),
      threshold: verdict?.threshold ?? null,
      rank: rank < 0 ? null : rank,
      why: wish[each] === 0 ? 'utility' : 'starved',
    }))
  })

const operated =
  (model: Model, options: PruneOptions) =>
  (anatomy: Analysis): E.Either<PruneError, Pruned> => {
    const narrowed = narrow(anatomy, model)
    const pruned =
      (utilities: Utilities, choice: Selection) =>
      (after: Narrowed): Pruned => ({
        model: after.model(),
        removed: removedBy(anatomy, utilities, choice),
        bypassed: [...choice.settled.bypassed],
        channels: after.channels(),
        remap: after.remap(),
      })
    return pipe(
      checkPruneOptions(options, anatomy.inferred),
      E.flatMap(() => checkWeights(model, anatomy.inferred)),
      E.flatMap(() => utilitiesOf(options, model)),
      E.tap(checkUtilities(anatomy)),
      E.flatMap(utilities =>
        pipe(
          'channels' in options
            ? selectByChannel(options)(anatomy)
            : selectByScore(options, narrowed)(anatomy, utilities),
          E.flatMap(choice => pipe(narrowed(choice.settled), E.map(pruned(utilities, choice)))),
        ),
      ),
    )
  }

/**
 * Removes the channels worth least, or those named: kernels, batch-norm slots and dense rows shrink; a branch, a
 * module or a residual's body with nothing left goes whole, and the tree closes over it. Paths stay.
 *
 * Shapes  kernel [k, k, in, out] → [k, k, in′, out′]; what comes in and what goes out keep theirs
 * Errors  Misread, UnknownPath, WrongLength, NotFinite, WrongWeight, WrongOption; OutOfReach when protection leaves more than
 *         the target; EmptyNet when a threshold or a list of channels would cut off what goes out
 * Law     forward(pruned) = forward(masked); pruning nothing gives the model itself; disjoint prunings commute
 * Source  Tian, Arbel, Clark 2021 (CVIU), for `eta`; Fang et al. 2023, for groups
 *
 * @example
 * pipe(model, prune({ eta: 0.1, by: utilities }))
 * pipe(model, prune({ keep: { params: 0.3 }, by: l1 }))
 */
export const prune =
  (options: PruneOptions) =>
  (model: Model): E.Either<PruneError, Pruned> =>
    pipe(analyse(model.net), E.flatMap(operated(model, options)))

/** Of channels nothing is known of, those that cost least stay. */
const cheapestStay = (cost: Cost, net: Net, units: readonly Path[]): E.Either<PruneError, Utilities> =>
  pipe(
    costsOf(cost)(net),
    E.map(costs =>
      Object.fromEntries(
        units.map(path => [path, (costs[path] ?? new Float64Array()).map(each => 1 / each)]),
      ),
    ),
  )

/**
 * Whether a target can be met by cutting channels of these layers, as far as the net alone tells.
 *
 * Errors  OutOfReach; WrongOption
 */
export const reachable =
  ({ units, ...options }: Omit<ByTarget, 'by'> & TargetOptions & { readonly units: readonly Path[] }) =>
  (net: Net): E.Either<PruneError, void> =>
    pipe(
      analyse(net),
      E.bindTo('anatomy'),
      E.bindW('by', () =>
        cheapestStay(
          'macs' in ('keep' in options ? options.keep : options.atMost) ? 'macs' : 'params',
          net,
          units,
        ),
      ),
      E.flatMap(({ anatomy, by }) =>
        selectByScore({ ...options, by, normalize: 'raw' }, narrow(anatomy, { net, weights: {} }))(
          anatomy,
          by,
        ),
      ),
      E.asUnit,
    )

/**
 * A pruning as the channels it took, by name.
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
