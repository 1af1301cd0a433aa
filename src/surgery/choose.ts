/** Chooses the channels that go: by name, by a threshold, or as many as a target takes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../net/error.js'
import { type Path, under, within } from '../net/path.js'
import type { Anatomy } from './anatomy.js'
import type { Narrowed } from './cut.js'
import type { PruneError } from './error.js'
import type { ByChannel, ByTarget, ByThreshold, Guards } from './options.js'
import { rank, type Utilities, worthless } from './rank.js'
import { residualsOf, type Settled, settle } from './settle.js'
import { reach } from './target.js'

/** What was compared, by wire. */
export interface Verdict {
  readonly score: Float64Array
  readonly threshold: number
  /** How many candidates scored less; −1 where it was none. */
  readonly rank: Int32Array
}

export interface Choice {
  readonly settled: Settled
  /** By wire, 1 where it was wished to stay. */
  readonly wish: Uint8Array
  readonly verdict: Verdict | null
}

const pin = (pinned: Uint8Array, wires: Int32Array | undefined): void => {
  for (const each of wires ?? []) pinned[each] = 1
}

/** What stays whatever it is worth: what comes in, goes out, or is protected. */
const pins = ({ wiring, groups }: Anatomy, protect: readonly Path[], ignore: readonly Path[]): Uint8Array => {
  const pinned = new Uint8Array(wiring.count)
  for (const { fixed, wires } of groups) if (fixed !== null) pin(pinned, wires)
  for (const [path, wires] of wiring.out) {
    const guarded = protect.some(place => within(place, path))
    if (guarded) pin(pinned, wiring.into.get(path))
    if (guarded || ignore.some(place => within(place, path))) pin(pinned, wires)
  }
  return pinned
}

const emptied = (settled: Settled, counts: (vital: boolean) => boolean): E.Either<PruneError, Settled> => {
  const rescue = settled.rescued.find(({ vital }) => counts(vital))
  return rescue === undefined ? E.right(settled) : E.left({ _tag: 'EmptyNet', at: rescue.at })
}

const named = (
  { wiring }: Anatomy,
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
  (settled: Settled): E.Either<PruneError, Settled> => {
    const kept = bodies.find(path => !settled.bypassed.has(path))
    return kept === undefined ? E.right(settled) : E.left({ _tag: 'ProtectedBody', at: kept })
  }

/** Errors  UnknownChannel, ProtectedChannel, ProtectedBody; EmptyNet when a place that stays would lose its last */
export const byChannel =
  ({ channels, bodies = [], protect = [] }: ByChannel) =>
  (anatomy: Anatomy): E.Either<PruneError, Choice> => {
    const pinned = pins(anatomy, protect, [])
    const settledWith = (wires: readonly number[]): E.Either<PruneError, Choice> => {
      const wish = new Uint8Array(anatomy.wiring.count).fill(1)
      for (const each of wires) wish[each] = 0
      const limits = {
        pinned,
        score: Float64Array.from(wish),
        minimum: 0,
        multiple: 1,
        floor: 0,
        widths: {},
        protect,
      }
      return pipe(
        allBypassed(bodies)(settle(anatomy, limits)(wish, new Set(bodies))),
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
  protect = [],
  ignore = [],
  minimum = 0,
  multiple = 1,
  floor = 0,
}: Guards): readonly string[] => [
  ...(protect.length > 0 ? ['protect'] : []),
  ...(ignore.length > 0 ? ['ignore'] : []),
  ...(minimum > 0 ? ['minimum'] : []),
  ...(multiple > 1 ? ['multiple'] : []),
  ...(floor > 0 ? ['floor'] : []),
]

/** Errors  with `eta` and no floor, EmptyNet when what goes out would be cut off; with a target, OutOfReach */
export const byScore =
  (options: ByThreshold | ByTarget, narrowed: (settled: Settled) => E.Either<NetError, Narrowed>) =>
  (anatomy: Anatomy, utilities: Utilities): E.Either<PruneError, Choice> => {
    const { protect = [], ignore = [], minimum = 0, multiple = 1, floor = 0, widths = {} } = options
    const ranking = 'eta' in options ? 'eta' : (options.rank ?? 'eta')
    const { score, seen, best } = rank(ranking, options.combine)(anatomy, utilities)
    const pinned = pins(anatomy, protect, ignore).map((pin, each) => (pin === 1 || seen[each] === 0 ? 1 : 0))
    const scoreOf = (each: number | undefined): number =>
      each === undefined ? Number.POSITIVE_INFINITY : (score[each] ?? 0)
    const order = Int32Array.from(score.keys())
      .filter(each => pinned[each] === 0)
      .sort((a, b) => scoreOf(a) - scoreOf(b) || a - b)
    const settled = settle(anatomy, { pinned, score, minimum, multiple, floor, widths, protect })
    const bodies = residualsOf(anatomy.net.body).map(
      ([path, { body }]) => [path, under(path, body.name)] as const,
    )

    const wish = (count: number): Uint8Array => {
      const kept = new Uint8Array(anatomy.wiring.count).fill(1)
      for (const each of order.subarray(0, count)) kept[each] = 0
      return kept
    }
    const choice = (count: number, threshold: number): Choice => ({
      settled: settled(wish(count), worthless(bodies, best, threshold)),
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
      reach(options, limitsOf(options))(order.length, count =>
        narrowed(choice(count, boundAt(count)).settled),
      ),
      E.map(count => choice(count, boundAt(count))),
    )
  }
