/** The log of a run read back, a line at a time: a run that is half done, or of another version, has lines that fit. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  decode,
  finite,
  naturalNumber,
  nullable,
  share,
  tagged,
  wholeNumber,
} from '../../io/codec.js'
import type { FileError } from '../../io/error.js'
import { readBytes } from '../../io/files.js'
import type { Alignment } from '../../learn/evaluation/alignment.js'
import type { Thin } from '../../surgery/analysis/trunk.js'
import type { SiteKind } from '../../surgery/grow/site.js'
import type { Fate } from '../../surgery/prune/ranking.js'
import { stageCodec } from '../cursor.js'
import type { RankedChannels, RunEvent, ScoredGrowth } from '../events.js'
import { growthCostCodec } from '../schedule/growth-cost.js'
import { stopCodec } from '../stop-reason.js'
import { keptEpochFields, scoredCodec } from '../storage/history.js'

const alignmentCodec: t.Type<Alignment, unknown> = closed({
  separation: finite,
  correlation: finite,
  holding95: naturalNumber,
  holding99: naturalNumber,
  features: naturalNumber,
  byFeatures: t.readonly(t.record(t.string, finite)),
})

const thinCodec: t.Type<Thin, unknown> = closed({ at: t.string, channels: naturalNumber, of: naturalNumber })

const fateCodec: t.Type<Fate, unknown> = t.keyof({
  kept: null,
  held: null,
  pinned: null,
  utility: null,
  starved: null,
} satisfies { readonly [F in Fate]: null })

const figures = t.readonlyArray(nullable(finite))

const rankedCodec: t.Type<RankedChannels, unknown> = closed({
  path: t.string,
  group: t.string,
  channels: t.readonlyArray(naturalNumber),
  utility: figures,
  score: figures,
  rank: t.readonlyArray(nullable(naturalNumber)),
  fate: t.readonlyArray(fateCodec),
})

const scoredGrowthCodec: t.Type<ScoredGrowth, unknown> = closed({
  where: t.keyof({ after: null, before: null, inside: null, deepen: null, to: null, widen: null } satisfies {
    readonly [K in SiteKind]: null
  }),
  at: t.string,
  path: t.string,
  gradient: nullable(finite),
  cost: nullable(finite),
  score: nullable(finite),
  fate: t.keyof({ grown: null, less: null, 'over budget': null, unfit: null } satisfies {
    readonly [F in ScoredGrowth['fate']]: null
  }),
})

const sizes = { params: naturalNumber, macs: naturalNumber }
const stage = { stage: naturalNumber }

const eventCodec: t.Type<RunEvent, unknown> = tagged<RunEvent>('an event of a run', {
  stageBegan: closed({ _tag: t.literal('stageBegan'), ...stage, name: t.string }),
  epoch: closedPartial(
    {
      _tag: t.literal('epoch'),
      ...stage,
      epoch: naturalNumber,
      training: scoredCodec,
      validation: scoredCodec,
    },
    { alignment: alignmentCodec },
  ),
  bestEpoch: closed({ _tag: t.literal('bestEpoch'), ...stage, ...keptEpochFields }),
  ranked: closed({
    _tag: t.literal('ranked'),
    ...stage,
    place: t.string,
    by: t.string,
    removes: t.boolean,
    threshold: nullable(finite),
    layers: t.readonlyArray(rankedCodec),
  }),
  masked: closed({
    _tag: t.literal('masked'),
    ...stage,
    epoch: naturalNumber,
    masked: naturalNumber,
    of: naturalNumber,
    changed: share,
    last: t.boolean,
  }),
  pruned: closedPartial(
    {
      _tag: t.literal('pruned'),
      ...stage,
      place: t.string,
      removed: naturalNumber,
      ...sizes,
      raw: scoredCodec,
      repaired: scoredCodec,
      recalibrated: t.boolean,
    },
    { thin: t.readonlyArray(thinCodec) },
  ),
  roundEnded: closed({
    _tag: t.literal('roundEnded'),
    ...stage,
    round: naturalNumber,
    ...sizes,
    validation: scoredCodec,
    kept: t.boolean,
  }),
  madeExact: closed({
    _tag: t.literal('madeExact'),
    ...stage,
    widened: t.readonlyArray(closed({ at: t.string, from: naturalNumber, to: naturalNumber })),
    params: wholeNumber,
    macs: wholeNumber,
  }),
  growthsScored: closed({
    _tag: t.literal('growthsScored'),
    ...stage,
    place: t.string,
    per: growthCostCodec,
    images: naturalNumber,
    candidates: t.readonlyArray(scoredGrowthCodec),
  }),
  grown: closed({
    _tag: t.literal('grown'),
    ...stage,
    name: t.string,
    ...sizes,
    bytes: naturalNumber,
    validation: scoredCodec,
    exact: t.boolean,
    gain: nullable(finite),
  }),
  roundsStopped: t.intersection([closed({ _tag: t.literal('roundsStopped'), ...stage }), stopCodec]),
  stageEnded: closed({ _tag: t.literal('stageEnded'), ...stage, result: stageCodec }),
})

/** The events of a log, and how many of its lines are none that this version knows. */
export interface ReadLog {
  readonly events: readonly RunEvent[]
  readonly unknown: number
}

const parseLine = (line: string): E.Either<unknown, RunEvent> =>
  pipe(
    E.tryCatch((): unknown => JSON.parse(line), E.toError),
    E.flatMap((value): E.Either<unknown, RunEvent> => decode(eventCodec)(value)),
  )

const parseLog = (log: string): ReadLog => {
  const lines = log
    .split('\n')
    .filter(line => line !== '')
    .map(parseLine)
  const events = lines.flatMap(line => (E.isRight(line) ? [line.right] : []))
  return { events, unknown: lines.length - events.length }
}

/** A log without a file has no events. Errors  FileFailed */
export const readLog = (file: string): TE.TaskEither<FileError, ReadLog> =>
  pipe(
    readBytes(file),
    TE.map(bytes => parseLog(new TextDecoder().decode(bytes))),
    TE.orElse(error =>
      error._tag === 'FileMissing' ? TE.right({ events: [], unknown: 0 }) : TE.left(error),
    ),
  )
