/** The options of pruning: plain data, but for utilities and latencies that a function gives. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode } from '../../io/codec.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import type { Model } from '../../net/weights.js'
import { checkPaths } from '../analysis/analysis.js'
import type { Widths } from '../analysis/trunk.js'
import { pruneCodec } from '../codec.js'
import type { OptionError, PruneError } from '../error.js'
import type { Combine, Normalize, Utilities } from './rank.js'
import type { AmountTarget, CountedAmount, LatencyTarget, MeasureLatency } from './target.js'

interface Guarded {
  /** Paths whose weights are all kept, those that read other channels too. */
  readonly freeze?: readonly Path[]
}

/** What is kept whatever its utility. */
export interface Constraining extends Guarded {
  /** Channels each group keeps at least; by default 0: whole branches, modules and bodies may be removed. */
  readonly minChannels?: number
  /**
   * Share of its width that each layer of the trunk keeps at least, from 0, the default, to 1. A branch of a module and
   * the body of a residual may still be removed; a module's branches together, and its only branch, may not.
   */
  readonly floor?: number
  /** Widths are rounded up to a multiple of this; by default 1. */
  readonly roundTo?: number
  /** Paths whose own channels are kept, while the channels they read may be removed. */
  readonly ignore?: readonly Path[]
}

interface Ranging extends Constraining {
  /** Utilities, or the criterion that gives them. Layers without utilities keep their channels. */
  readonly by: Utilities | ((model: Model, seen: undefined) => E.Either<PruneError, Utilities>)
  /** How the scores of channels that are removed together are combined. */
  readonly combine?: Combine
  /** What the floor is a share of, by path: of a net cut before, its first widths; by default those it has. */
  readonly widths?: Widths
}

/** The paper's rule: channels below `eta` standard deviations of their layer are removed. */
export interface ByThreshold extends Ranging {
  readonly eta: number
}

/** The lowest scores are removed until the target is met; normalized as `'eta'` by default. */
export type ByTarget = Ranging & { readonly normalize?: Normalize } & (
    | AmountTarget<CountedAmount>
    /** A function measures the latency; on an engine, `pruneToLatency` does. */
    | (LatencyTarget & { readonly measure: MeasureLatency })
  )

/** These channels and residuals' bodies are removed, with their groups. */
export interface ByChannel extends Guarded {
  readonly channels: Readonly<Record<Path, readonly number[]>>
  readonly bodies?: readonly Path[]
}

/** By a threshold, to a target, or channel by channel. */
export type PruneOptions = ByThreshold | ByTarget | ByChannel

const checkWhole = (least: number, option: string, got: number | undefined): E.Either<OptionError, void> =>
  got === undefined || (Number.isInteger(got) && got >= least)
    ? E.right(undefined)
    : E.left({ _tag: 'WrongOption', option, got, expected: `a whole number from ${least} up` })

const checkShare = (option: string, got: number): E.Either<OptionError, void> =>
  got >= 0 && got <= 1
    ? E.right(undefined)
    : E.left({ _tag: 'WrongOption', option, got, expected: 'a share from 0 to 1' })

const onlyResiduals = (layers: CheckedNet['layers']): CheckedNet['layers'] =>
  new Map([...layers].filter(([, { layer }]) => layer._tag === 'residual'))

/** Whether options have the right kinds, and their numbers and paths fit this net. */
export const checkPruneOptions = (
  options: PruneOptions,
  { layers }: CheckedNet,
): E.Either<PruneError, void> =>
  pipe(
    decode(pruneCodec)(options),
    E.flatMap((): E.Either<PruneError, void> => checkPaths('freeze', layers)(options.freeze ?? [])),
    E.flatMap(() =>
      'channels' in options
        ? pipe(
            checkPaths('channels', layers)(Object.keys(options.channels)),
            E.flatMap(() => checkPaths('bodies', onlyResiduals(layers))(options.bodies ?? [])),
          )
        : pipe(
            checkPaths('ignore', layers)(options.ignore ?? []),
            E.flatMap((): E.Either<PruneError, void> => checkWhole(0, 'minChannels', options.minChannels)),
            E.flatMap(() => checkWhole(1, 'roundTo', options.roundTo)),
            E.flatMap(() => checkShare('floor', options.floor ?? 0)),
          ),
    ),
  )
