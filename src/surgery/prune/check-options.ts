/** Whether the options of a prune have the right kinds, and suit a net. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode } from '../../io/codec.js'
import type { CheckedNet } from '../../net/infer.js'
import { checkPaths } from '../analysis/analysis.js'
import { pruneCodec } from '../codec.js'
import type { OptionError, PruneError } from '../error.js'
import type { PruneOptions } from './options.js'

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
            E.flatMap(() =>
              options.roundTo === 'auto' ? E.right(undefined) : checkWhole(1, 'roundTo', options.roundTo),
            ),
            E.flatMap(() => checkShare('floor', options.floor ?? 0)),
          ),
    ),
  )
