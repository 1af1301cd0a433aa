/** A run's result, read back. */
import * as t from 'io-ts'
import { closed, closedPartial, finite, naturalNumber } from '../../io/codec.js'
import { readJson } from '../../io/files.js'
import { stageCodec } from '../cursor.js'
import type { Comparison, Result } from '../events.js'
import { cutCodec, keptEpochCodec, metCodec, scoredCodec } from './history.js'
import { codeCodec, engineCodec } from './settings.js'

const compared: t.Type<Comparison, unknown> = closed({
  name: t.keyof({ before: null, after: null }),
  params: naturalNumber,
  macs: naturalNumber,
  bytes: naturalNumber,
  test: scoredCodec,
  latency: closed({ one: finite, hundred: finite }),
})

const resultCodec: t.Type<Result, unknown> = closedPartial(
  {
    experiment: t.string,
    engine: engineCodec,
    code: codeCodec,
    seed: naturalNumber,
    data: closedPartial({ name: t.string, checksum: t.string }, { take: naturalNumber }),
    params: naturalNumber,
    macs: naturalNumber,
    stages: t.readonlyArray(stageCodec),
    test: scoredCodec,
    seconds: finite,
    out: t.string,
  },
  {
    compared: t.readonlyArray(compared),
    met: t.readonlyArray(metCodec),
    trainingMacs: finite,
    mirrored: scoredCodec,
    cuts: t.readonlyArray(cutCodec),
    bestEpochs: t.readonlyArray(keptEpochCodec),
  },
)

/** Errors  FileMissing, BadFile */
export const readResult = readJson(resultCodec)
