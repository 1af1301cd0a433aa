/** Selects the channels to remove: by name, by a threshold, or as many as a target takes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { elementAt } from '../../io/element.js'
import { layersOf } from '../../net/layers.js'
import { childPath, isInside, type Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import type { Analysis } from '../analysis/analysis.js'
import type { PruneError } from '../error.js'
import { memoize } from '../memoize.js'
import { activeLimits } from './constraints/active-limits.js'
import { applyConstraints } from './constraints/constraints.js'
import { type ConstrainedSelection, isBodyRemoved } from './constraints/pass.js'
import { type Multiple, multiplesFor } from './constraints/rounding.js'
import type { ByChannel, ByTarget, ByThreshold } from './options.js'
import type { PrunedNet } from './prune-net.js'
import { type Ranked, rankChannels, residualsBelow, type Utilities } from './rank.js'
import { searchTarget } from './search-target.js'

/** What candidates were compared by. */
export interface Comparison {
  readonly score: Float64Array
  readonly threshold: number
  /** By wire, how many candidates scored less; −1 where it was none. */
  readonly rank: Int32Array
}

export interface Selection {
  readonly constrained: ConstrainedSelection
  /** By wire, 1 where it was selected to stay, before the constraints. */
  readonly selected: Uint8Array
  readonly comparison: Comparison | null
}

const pin = (pinned: Uint8Array, wires: Int32Array | undefined): void => {
  for (const wire of wires ?? []) pinned[wire] = 1
}

/** By wire, 1 where it stays whatever its score: the input's, the output's, and those that options protect. */
const pinnedWires = (
  { wiring, groups }: Analysis,
  freeze: readonly Path[],
  ignore: readonly Path[],
): Uint8Array => {
  const pinned = new Uint8Array(wiring.count)
  for (const { fixed, wires } of groups) if (fixed !== null) pin(pinned, wires)
  for (const [path, wires] of wiring.out) {
    const isFrozen = freeze.some(place => isInside(place, path))
    if (isFrozen) pin(pinned, wiring.into.get(path))
    if (isFrozen || ignore.some(place => isInside(place, path))) pin(pinned, wires)
  }
  return pinned
}

/** Refuses a selection that had to keep a channel against its score, where that counts. */
const refuseRescues = (
  constrained: ConstrainedSelection,
  counts: (vital: boolean) => boolean,
): E.Either<PruneError, ConstrainedSelection> => {
  const rescue = constrained.rescued.find(({ vital }) => counts(vital))
  return rescue === undefined ? E.right(constrained) : E.left({ _tag: 'EmptyNet', at: rescue.at })
}

const findWire = (
  { wiring, groups, groupOf }: Analysis,
  pinned: Uint8Array,
  at: Path,
  channel: number,
): E.Either<PruneError, number> => {
  const wires = wiring.out.get(at) ?? []
  const wire = wires[channel]
  if (wire === undefined) return E.left({ _tag: 'UnknownChannel', at, channel, channels: wires.length })
  const reason = groups[elementAt(groupOf, wire)]?.fixed ?? 'freeze'
  return pinned[wire] === 1 ? E.left({ _tag: 'FrozenChannel', at, channel, reason }) : E.right(wire)
}

const findWires = (
  analysis: Analysis,
  pinned: Uint8Array,
  channels: ByChannel['channels'],
): E.Either<PruneError, readonly number[]> =>
  pipe(
    Object.entries(channels).flatMap(([at, list]) => list.map(channel => [at, channel] as const)),
    E.traverseArray(([at, channel]) => findWire(analysis, pinned, at, channel)),
  )

const checkBodies =
  (bodies: readonly Path[], freeze: readonly Path[]) =>
  (constrained: ConstrainedSelection): E.Either<PruneError, ConstrainedSelection> => {
    const kept = bodies.find(path => !isBodyRemoved(constrained)(path))
    if (kept === undefined) return E.right(constrained)
    const isFrozen = freeze.some(place => isInside(kept, place) || isInside(place, kept))
    return E.left({ _tag: 'FrozenBody', at: kept, reason: isFrozen ? 'freeze' : 'needed' })
  }

/** No limit but what is pinned and frozen. */
const noLimits = { minChannels: 0, multipleOf: () => 1, floor: 0, widths: {} }

const withoutWires = (count: number, wires: Iterable<number>): Uint8Array => {
  const selection = new Uint8Array(count).fill(1)
  for (const wire of wires) selection[wire] = 0
  return selection
}

/** Errors  UnknownChannel, FrozenChannel, FrozenBody; EmptyNet when a layer that stays would lose its last channel */
export const selectByChannel =
  ({ channels, bodies = [], freeze = [] }: ByChannel) =>
  (analysis: Analysis): E.Either<PruneError, Selection> => {
    const pinned = pinnedWires(analysis, freeze, [])
    return pipe(
      findWires(analysis, pinned, channels),
      E.map(wires => withoutWires(analysis.wiring.count, wires)),
      E.bindTo('selected'),
      E.bind('constrained', ({ selected }) => {
        const limits = { ...noLimits, pinned, score: Float64Array.from(selected), freeze }
        return pipe(
          checkBodies(bodies, freeze)(applyConstraints(analysis, limits)(selected, new Set(bodies))),
          E.flatMap(constrained => refuseRescues(constrained, () => true)),
        )
      }),
      E.map(({ constrained, selected }) => ({ constrained, selected, comparison: null })),
    )
  }

/** The wires that may be removed, in the order of their scores. */
interface Candidates {
  readonly ranked: Ranked
  readonly pinned: Uint8Array
  /** The wires of the candidates, the lowest scores first. */
  readonly order: Int32Array
}

/** Wires without a utility are pinned, as are those that options protect. */
const rankCandidates = (
  options: ByThreshold | ByTarget,
  analysis: Analysis,
  utilities: Utilities,
): Candidates => {
  const normalize = 'eta' in options ? 'eta' : (options.normalize ?? 'eta')
  const ranked = rankChannels(normalize, options.combine)(analysis, utilities)
  const { score, seen } = ranked
  const { freeze = [], ignore = [] } = options
  const pinned = pinnedWires(analysis, freeze, ignore).map((pin, wire) =>
    pin === 1 || seen[wire] === 0 ? 1 : 0,
  )
  const order = Int32Array.from(score.keys())
    .filter(wire => pinned[wire] === 0)
    .sort((a, b) => elementAt(score, a) - elementAt(score, b) || a - b)
  return { ranked, pinned, order }
}

/** By wire, its place in the order; −1 where it is no candidate. */
const ranksOf = ({ order, pinned }: Candidates): Int32Array => {
  const ranks = new Int32Array(pinned.length).fill(-1)
  order.forEach((wire, rank) => {
    ranks[wire] = rank
  })
  return ranks
}

/** By wire, 1 but at the first `count` candidates. */
const withoutLowest = ({ order, pinned }: Candidates, count: number): Uint8Array =>
  withoutWires(pinned.length, order.subarray(0, count))

/** The score from which on candidates stay where so many are removed. */
const thresholdAt = ({ order, ranked }: Candidates, count: number): number => {
  if (count === 0) return Number.NEGATIVE_INFINITY
  return count < order.length ? elementAt(ranked.score, elementAt(order, count)) : Number.POSITIVE_INFINITY
}

/** The residuals of a net, each with its body. */
const bodiesOf = (net: Net): readonly (readonly [path: Path, body: Path])[] =>
  [...layersOf(net)].flatMap(([path, layer]) =>
    layer._tag === 'residual' ? [[path, childPath(path, layer.body.name)] as const] : [],
  )

/** The selection in which so many candidates are removed, and the bodies that score below the threshold. */
type Select = (count: number, threshold: number) => Selection

const selectLowest = (
  options: ByThreshold | ByTarget,
  analysis: Analysis,
  candidates: Candidates,
  multipleOf: Multiple,
): Select => {
  const { freeze = [], minChannels = 0, floor = 0, widths = {} } = options
  const { ranked, pinned } = candidates
  const limits = { pinned, score: ranked.score, minChannels, multipleOf, floor, widths, freeze }
  const constrain = applyConstraints(analysis, limits)
  const bodies = bodiesOf(analysis.net)
  const rank = ranksOf(candidates)
  return (count, threshold) => {
    const selected = withoutLowest(candidates, count)
    return {
      constrained: constrain(selected, residualsBelow(bodies, ranked.best, threshold)),
      selected,
      comparison: { score: ranked.score, threshold, rank },
    }
  }
}

const selectByThreshold = (
  { eta, floor = 0 }: ByThreshold,
  { order, ranked }: Candidates,
  select: Select,
): E.Either<PruneError, Selection> => {
  const selection = select(order.filter(wire => elementAt(ranked.score, wire) < eta).length, eta)
  return pipe(
    refuseRescues(selection.constrained, vital => vital && floor === 0),
    E.map(() => selection),
  )
}

type Narrow = (constrained: ConstrainedSelection) => PrunedNet

const selectToTarget = (
  options: ByTarget,
  candidates: Candidates,
  select: Select,
  narrow: Narrow,
): E.Either<PruneError, Selection> => {
  const selectFirst = memoize((count: number) => select(count, thresholdAt(candidates, count)))
  return pipe(
    searchTarget(options, activeLimits(options))(candidates.order.length, count =>
      narrow(selectFirst(count).constrained),
    ),
    E.map(selectFirst),
  )
}

/** Errors  with `eta` and no floor, EmptyNet when the output would be cut off; with a target, OutOfReach */
export const selectByScore =
  (options: ByThreshold | ByTarget, narrow: Narrow) =>
  (analysis: Analysis, utilities: Utilities): E.Either<PruneError, Selection> => {
    const candidates = rankCandidates(options, analysis, utilities)
    const selectBy = (multiple: Multiple): E.Either<PruneError, Selection> => {
      const select = selectLowest(options, analysis, candidates, multiple)
      return 'eta' in options
        ? selectByThreshold(options, candidates, select)
        : selectToTarget(options, candidates, select, narrow)
    }
    const [multiple, ...smaller] = multiplesFor(options.roundTo ?? 'auto', options)
    return smaller.reduce(
      (found, next) => (E.isLeft(found) && found.left._tag === 'OutOfReach' ? selectBy(next) : found),
      selectBy(multiple),
    )
  }
