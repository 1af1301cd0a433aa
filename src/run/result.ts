/** A run's result, read back. */
import * as t from 'io-ts'
import { closed, closedPartial, count, finite, share } from '../net/closed.js'
import { stageCodec } from './checkpoint.js'
import type { Compared, Result, Scored } from './event.js'
import { readJson } from './files.js'

const scored: t.Type<Scored, unknown> = closed({ accuracy: share, loss: finite })

const compared: t.Type<Compared, unknown> = closed({
  name: t.keyof({ before: null, after: null }),
  params: count,
  macs: count,
  bytes: count,
  test: scored,
  latency: closed({ one: finite, hundred: finite }),
})

const resultCodec: t.Type<Result, unknown> = closedPartial(
  {
    experiment: t.string,
    engine: closed({ name: t.string, version: t.string }),
    seed: count,
    data: closed({ name: t.string, checksum: t.string }),
    params: count,
    macs: count,
    stages: t.readonlyArray(stageCodec),
    test: scored,
    seconds: finite,
    out: t.string,
  },
  { compared: t.readonlyArray(compared) },
)

/** Errors  FileMissing, BadFile */
export const readResult = readJson(resultCodec)
