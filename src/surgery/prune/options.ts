/** What pruning can be told: plain data, but for utilities told by a function and latency measured by one. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode } from '../../io/codec.js'
import type { Inferred } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import type { Model } from '../../net/weights.js'
import { checkPaths } from '../analysis/analysis.js'
import type { Widths } from '../analysis/trunk.js'
import { pruneCodec } from '../codec.js'
import type { OptionError, PruneError } from '../error.js'
import type { Combine, Normalize, Utilities } from './rank.js'
import { checkTarget, type TargetOptions } from './target.js'

interface Guarded {
  /** Paths whose weights all stay as they are. */
  readonly freeze?: readonly Path[]
}

/** What stays whatever it is worth. */
export interface Constraining extends Guarded {
  /** Channels each group keeps at least; by default 0: branches, modules and bodies may go whole. */
  readonly minChannels?: number
  /**
   * Share of its width that each layer everything passes keeps at least, from 0, the default, to 1. A branch of a
   * module and the body of a residual may still go whole; a module's branches together, and its only branch, may not.
   */
  readonly floor?: number
  /** Widths are topped up to a multiple of this; by default 1. */
  readonly roundTo?: number
  /** Paths whose own channels stay, while what they read may go. */
  readonly ignore?: readonly Path[]
}

interface Ranging extends Constraining {
  /** What channels are worth, or how to tell from the model. Layers without a utility keep their channels. */
  readonly by: Utilities | ((model: Model, seen: undefined) => E.Either<PruneError, Utilities>)
  /** How channels that go together are made one. */
  readonly combine?: Combine
  /** What the floor is a share of, by path: of a net cut before, its first widths; by default those it has. */
  readonly widths?: Widths
}

/** The paper's rule: what is worth less than `eta` standard deviations of its layer goes. */
export interface ByThreshold extends Ranging {
  readonly eta: number
}

/** The least worthy go until the target is met; ranked by `'eta'` unless told. */
export type ByTarget = Ranging & TargetOptions & { readonly normalize?: Normalize }

/** These channels go, these residuals lose their body, and all that goes with them goes. */
export interface ByChannel extends Guarded {
  readonly channels: Readonly<Record<Path, readonly number[]>>
  readonly bodies?: readonly Path[]
}

/** By a threshold, to a target, or channel by channel. */
export type PruneOptions = ByThreshold | ByTarget | ByChannel

const wholeFrom = (least: number, option: string, got: number | undefined): E.Either<OptionError, void> =>
  got === undefined || (Number.isInteger(got) && got >= least)
    ? E.right(undefined)
    : E.left({ _tag: 'WrongOption', option, got, wanted: `a whole number from ${least} up` })

const fromZero = (option: string, got: number): E.Either<OptionError, void> =>
  got >= 0 ? E.right(undefined) : E.left({ _tag: 'WrongOption', option, got, wanted: 'a number from 0 up' })

const aShare = (option: string, got: number): E.Either<OptionError, void> =>
  got >= 0 && got <= 1
    ? E.right(undefined)
    : E.left({ _tag: 'WrongOption', option, got, wanted: 'a share from 0 to 1' })

const onlyResiduals = (inferred: Inferred): Inferred =>
  new Map([...inferred].filter(([, { layer }]) => layer._tag === 'residual'))

/** Whether options are such, and their numbers and names make sense for this net. */
export const checkPruneOptions = (options: PruneOptions, inferred: Inferred): E.Either<PruneError, void> =>
  pipe(
    decode(pruneCodec)(options),
    E.flatMap((): E.Either<PruneError, void> => checkPaths('freeze', inferred)(options.freeze ?? [])),
    E.flatMap(() =>
      'channels' in options
        ? pipe(
            checkPaths('channels', inferred)(Object.keys(options.channels)),
            E.flatMap(() => checkPaths('bodies', onlyResiduals(inferred))(options.bodies ?? [])),
          )
        : pipe(
            checkPaths('ignore', inferred)(options.ignore ?? []),
            E.flatMap((): E.Either<PruneError, void> => wholeFrom(0, 'minChannels', options.minChannels)),
            E.flatMap(() => wholeFrom(1, 'roundTo', options.roundTo)),
            E.flatMap(() => aShare('floor', options.floor ?? 0)),
            E.flatMap(() => ('eta' in options ? fromZero('eta', options.eta) : checkTarget(options))),
          ),
    ),
  )
