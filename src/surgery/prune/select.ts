/** Chooses the channels that go: by name, by a threshold, or as many as a target takes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../../net/error.js'
import { childPath, isInside, type Path } from '../../net/path.js'
import type { Analysis } from '../analysis/analysis.js'
import type { PruneError } from '../error.js'
import { applyConstraints, type Constrained, residualsOf } from './constraints.js'
import type { Narrowed } from './narrow.js'
import type { ByChannel, ByTarget, ByThreshold, Constraining } from './options.js'
import { rankChannels, residualsBelow, type Utilities } from './rank.js'
import { searchTarget } from './target.js'

/** What was compared, by wire. */
export interface Comparison {
  readonly score: Float64Array
  readonly threshold: number
  /** How many candidates scored less; −1 where it was none. */
  readonly rank: Int32Array
}

export interface Selection {
  readonly settled: Constrained
  /** By wire, 1 where it was wished to stay. */
  readonly wish: Uint8Array
  readonly verdict: Comparison | null
}

const pin = (pinned: Uint8Array, wires: Int32Array | undefined): void => {
  for (const each of wires ?? []) pinned[each] = 1
}

/** What stays whatever it is worth: what comes in, goes out, or is protected. */
const pins = ({ wiring, groups }: Analysis, freeze: readonly Path[], ignore: readonly Path[]): Uint8Array => {
  const pinned = new Uint8Array(wiring.count)
  for (const { fixed, wires } of groups) if (fixed !== null) pin(pinned, wires)
  for (const [path, wires] of wiring.out) {
    const guarded = freeze.some(place => isInside(place, path))
    if (guarded) pin(pinned, wiring.into.get(path))
    if (guarded || ignore.some(place => isInside(place, path))) pin(pinned, wires)
  }
  return pinned
}

const emptied = (
  settled: Constrained,
  counts: (vital: boolean) => boolean,
): E.Either<PruneError, Constrained> => {
  const rescue = settled.rescued.find(({ vital }) => counts(vital))
  return rescue === undefined ? E.right(settled) : E.left({ _tag: 'EmptyNet', at: rescue.at })
}

const named = (
  { wiring }: Analysis,
  pinned: Uint8Array,
  channels: ByChannel['channels'],
): E.Either<PruneError, readonly number[]> => {
  const wires: number[] = []
  for (const [at, places] of Object.entries(channels))
    for (const channel of places) {
      const all = wiring.out.get(at) ?? []
      const each = all[channel]
      if (each === undefined) return E.left({ _tag: 'UnknownChannel', at, channel, channels: all.length })
      if (pinned[each] === 1) return E.left({ _tag: 'ProtectedChannel', at, channel })
      wires.push(each)
    }
  return E.right(wires)
}

const allBypassed =
  (bodies: readonly Path[]) =>
  (settled: Constrained): E.Either<PruneError, Constrained> => {
    const kept = bodies.find(path => !settled.bypassed.has(path))
    return kept === undefined ? E.right(settled) : E.left({ _tag: 'ProtectedBody', at: kept })
  }

/** Errors  UnknownChannel, ProtectedChannel, ProtectedBody; EmptyNet when a place that stays would lose its last */
export const selectByChannel =
  ({ channels, bodies = [], freeze = [] }: ByChannel) =>
  (anatomy: Analysis): E.Either<PruneError, Selection> => {
    const pinned = pins(anatomy, freeze, [])
    const settledWith = (wires: readonly number[]): E.Either<PruneError, Selection> => {
      const wish = new Uint8Array(anatomy.wiring.count).fill(1)
      for (const each of wires) wish[each] = 0
      const limits = {
        pinned,
        score: Float64Array.from(wish),
        minChannels: 0,
        roundTo: 1,
        floor: 0,
        widths: {},
        freeze,
      }
      return pipe(
        allBypassed(bodies)(applyConstraints(anatomy, limits)(wish, new Set(bodies))),
        E.flatMap(settled => emptied(settled, () => true)),
        E.map(settled => ({ settled, wish, verdict: null })),
      )
    }
    return pipe(named(anatomy, pinned, channels), E.flatMap(settledWith))
  }

const ranksOf = (count: number, order: Int32Array): Int32Array => {
  const ranks = new Int32Array(count).fill(-1)
  order.forEach((each, nth) => {
    ranks[each] = nth
  })
  return ranks
}

/** The guards that are set. */
const limitsOf = ({
  freeze = [],
  ignore = [],
  minChannels = 0,
  roundTo = 1,
  floor = 0,
}: Constraining): readonly string[] => [
  ...(freeze.length > 0 ? ['freeze'] : []),
  ...(ignore.length > 0 ? ['ignore'] : []),
  ...(minChannels > 0 ? ['minChannels'] : []),
  ...(roundTo > 1 ? ['roundTo'] : []),
  ...(floor > 0 ? ['floor'] : []),
]

/** Errors  with `eta` and no floor, EmptyNet when what goes out would be cut off; with a target, OutOfReach */
export const selectByScore =
  (options: ByThreshold | ByTarget, narrowed: (settled: Constrained) => E.Either<NetError, Narrowed>) =>
  (anatomy: Analysis, utilities: Utilities): E.Either<PruneError, Selection> => {
    const { freeze = [], ignore = [], minChannels = 0, roundTo = 1, floor = 0, widths = {} } = options
    const ranking = 'eta' in options ? 'eta' : (options.normalize ?? 'eta')
    const { score, seen, best } = rankChannels(ranking, options.combine)(anatomy, utilities)
    const pinned = pins(anatomy, freeze, ignore).map((pin, each) => (pin === 1 || seen[each] === 0 ? 1 : 0))
    const scoreOf = (each: number | undefined): number =>
      each === undefined ? Number.POSITIVE_INFINITY : (score[each] ?? 0)
    const order = Int32Array.from(score.keys())
      .filter(each => pinned[each] === 0)
      .sort((a, b) => scoreOf(a) - scoreOf(b) || a - b)
    const settled = applyConstraints(anatomy, { pinned, score, minChannels, roundTo, floor, widths, freeze })
    const bodies = residualsOf(anatomy.net.body).map(
      ([path, { body }]) => [path, childPath(path, body.name)] as const,
    )

    const wish = (count: number): Uint8Array => {
      const kept = new Uint8Array(anatomy.wiring.count).fill(1)
      for (const each of order.subarray(0, count)) kept[each] = 0
      return kept
    }
    const choice = (count: number, threshold: number): Selection => ({
      settled: settled(wish(count), residualsBelow(bodies, best, threshold)),
      wish: wish(count),
      verdict: { score, threshold, rank: ranksOf(anatomy.wiring.count, order) },
    })
    /** The score from which on channels stay when so many go. */
    const boundAt = (count: number): number =>
      count === 0 ? Number.NEGATIVE_INFINITY : scoreOf(order[count])

    if ('eta' in options) {
      const chosen = choice(order.filter(each => scoreOf(each) < options.eta).length, options.eta)
      return pipe(
        emptied(chosen.settled, vital => vital && floor === 0),
        E.map(() => chosen),
      )
    }
    return pipe(
      searchTarget(options, limitsOf(options))(order.length, count =>
        narrowed(choice(count, boundAt(count)).settled),
      ),
      E.map(count => choice(count, boundAt(count))),
    )
  }
