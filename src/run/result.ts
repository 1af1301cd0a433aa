/** A run's result, read back. */
import * as t from 'io-ts'
import { closed, closedPartial, count, finite } from '../net/closed.js'
import type { Compared, Result } from './event.js'
import { readJson } from './files.js'
import { cutCodec, metCodec, scoredCodec } from './history.js'
import { stageCodec } from './inside.js'
import { codeCodec, engineCodec } from './settings.js'

const compared: t.Type<Compared, unknown> = closed({
  name: t.keyof({ before: null, after: null }),
  params: count,
  macs: count,
  bytes: count,
  test: scoredCodec,
  latency: closed({ one: finite, hundred: finite }),
})

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
    test: scoredCodec,
    seconds: finite,
    out: t.string,
  },
  {
    compared: t.readonlyArray(compared),
    met: t.readonlyArray(metCodec),
    cuts: t.readonlyArray(cutCodec),
  },
)

/** Errors  FileMissing, BadFile */
export const readResult = readJson(resultCodec)
