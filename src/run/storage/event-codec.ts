/** Events as the log stores them. */
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  finite,
  naturalNumber,
  nullable,
  share,
  tagged,
  wholeNumber,
} from '../../io/codec.js'
import type { Alignment } from '../../learn/evaluation/alignment.js'
import type { ScarceFit } from '../../learn/repair/scarce-fits.js'
import type { Thin } from '../../surgery/analysis/trunk.js'
import type { SiteKind } from '../../surgery/grow/site.js'
import { stageCodec } from '../cursor.js'
import type { RunEvent, ScoredGrowth } from '../events.js'
import { featuresFields } from '../review/predictions.js'
import { growthCostCodec } from '../schedule/growth-cost.js'
import { stopCodec } from '../stop-reason.js'
import { keptEpochFields, scoredCodec } from './history.js'
import { rankedCodec } from './ranked-codec.js'

const alignmentCodec: t.Type<Alignment, unknown> = closed({
  separation: finite,
  correlation: finite,
  holding95: naturalNumber,
  holding99: naturalNumber,
  features: naturalNumber,
  byFeatures: t.readonly(t.record(t.string, finite)),
})

const thinCodec: t.Type<Thin, unknown> = closed({ at: t.string, channels: naturalNumber, of: naturalNumber })

const scarceCodec: t.Type<ScarceFit, unknown> = closed({
  at: t.string,
  unknowns: naturalNumber,
  positions: naturalNumber,
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

/** An event as a line of the log has it. */
export const eventCodec: t.Type<RunEvent, unknown> = tagged<RunEvent>('an event of a run', {
  stageBegan: closed({ _tag: t.literal('stageBegan'), ...stage, name: t.string }),
  epoch: closedPartial(
    {
      _tag: t.literal('epoch'),
      ...stage,
      epoch: naturalNumber,
      training: scoredCodec,
      validation: scoredCodec,
    },
    {
      params: naturalNumber,
      macs: naturalNumber,
      learningRate: finite,
      gradient: closed({ new: finite, old: finite }),
      alignment: alignmentCodec,
    },
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
  featuresMeasured: closedPartial(
    { _tag: t.literal('featuresMeasured'), ...stage, pushed: t.boolean, ...featuresFields.required },
    featuresFields.optional,
  ),
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
    { thin: t.readonlyArray(thinCodec), scarce: t.readonlyArray(scarceCodec) },
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
