/** A run's result, read back. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, closedPartial, count, finite, maybe, share } from '../net/closed.js'
import type { BadFile, FileError } from './error.js'
import type { Compared, Met, Result, RunEvent, Scored } from './event.js'
import { readJson, readLines } from './files.js'
import { stageCodec } from './inside.js'
import { codeCodec, engineCodec } from './settings.js'

const scored: t.Type<Scored, unknown> = closed({ accuracy: share, loss: finite })

const compared: t.Type<Compared, unknown> = closed({
  name: t.keyof({ before: null, after: null }),
  params: count,
  macs: count,
  bytes: count,
  test: scored,
  latency: closed({ one: finite, hundred: finite }),
})

const met = {
  name: t.string,
  params: count,
  macs: count,
  bytes: count,
  validation: scored,
  exact: t.boolean,
}

const metCodec: t.Type<Met, unknown> = closed(met)

const grownCodec: t.Type<Extract<RunEvent, { readonly _tag: 'grown' }>, unknown> = closed({
  ...met,
  _tag: t.literal('grown'),
  stage: count,
  gain: maybe(finite),
})

/** The nets a run's log says were met. */
export const metIn = (events: string): TE.TaskEither<FileError | BadFile, readonly Met[]> =>
  pipe(
    readLines(events),
    TE.map(lines => lines.filter(grownCodec.is).map(({ _tag, stage, gain, ...figures }): Met => figures)),
  )

const resultCodec: t.Type<Result, unknown> = closedPartial(
  {
    experiment: t.string,
    engine: engineCodec,
    code: codeCodec,
    seed: count,
    data: closedPartial({ name: t.string, checksum: t.string }, { take: count }),
    params: count,
    macs: count,
    stages: t.readonlyArray(stageCodec),
    test: scored,
    seconds: finite,
    out: t.string,
  },
  { compared: t.readonlyArray(compared), met: t.readonlyArray(metCodec) },
)

/** Errors  FileMissing, BadFile */
export const readResult = readJson(resultCodec)
