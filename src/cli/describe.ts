/** `espalier describe` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { infer } from '../net/infer.js'
import { describe } from '../report/describe.js'
import { loadNet } from '../run/load.js'
import { end } from './end.js'

export const describeFile = (file: string): Promise<void> =>
  end(
    pipe(
      loadNet(file),
      TE.flatMapEither(net =>
        pipe(
          infer(net),
          E.map(inferred => describe(net, inferred)),
        ),
      ),
    ),
    text => process.stdout.write(`${text}\n`),
  )
