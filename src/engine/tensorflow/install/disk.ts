/** File effects in the cache, with errors as facts. */

import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { messageOf } from '../../../io/exception.js'
import type { NativeError } from '../../error.js'

/** Runs an effect on files in `folder`. Errors  CacheUnwritable */
export const onDisk = <A>(folder: string, effect: () => A): TE.TaskEither<NativeError, A> =>
  TE.fromIOEither(() =>
    E.tryCatch(
      effect,
      (reason): NativeError => ({
        _tag: 'CacheUnwritable',
        folder,
        reason: messageOf(reason),
        mend: 'ESPALIER_CACHE with a folder that can be written',
      }),
    ),
  )
