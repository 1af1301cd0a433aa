/** Codecs of the options of pruning and growing, for callers without types: every option known, each of its kind. */
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  finite,
  isRecord,
  keyed,
  list,
  naturalNumber,
  positive,
  predicateCodec,
} from '../io/codec.js'
import { layerCodec } from '../net/codec.js'
import { seedCodec } from '../net/random.js'
import type { Widths } from './analysis/trunk.js'
import type { ChannelStatistics, GrowInit, GrowOptions, Growth } from './grow/options.js'
import type { SiteKind } from './grow/site.js'
import type { RoundTo } from './prune/constraints/rounding.js'
import type { ByThreshold, ConstraintOptions, PruneOptions } from './prune/options.js'
import type { Combine, Normalize } from './prune/rank.js'
import type { MeasureLatency } from './prune/target.js'
import { targetFields } from './target-codec.js'

const isFunction = (u: unknown): u is MeasureLatency => typeof u === 'function'

export const normalizeCodec: t.Type<Normalize> = t.keyof({ raw: null, global: null, eta: null, layer: null })
export const growInitCodec: t.Type<GrowInit> = t.keyof({ preserve: null, noisy: null, scratch: null })

const paths = list(t.string, 'a list of paths')
const combine: t.Type<Combine> = t.keyof({ sum: null, mean: null, max: null })

/** A codec for each key of a record, none forgotten. */
export type CodecOf<A> = { readonly [K in keyof A]-?: t.Type<Exclude<A[K], undefined>, unknown> }

/** `'auto'`, or what another codec reads, whose name errors have. */
export const autoOr = (codec: t.Type<number, number, unknown>): t.Type<RoundTo, RoundTo, unknown> =>
  new t.Type<RoundTo, RoundTo, unknown>(
    `'auto', or ${codec.name}`,
    (u): u is RoundTo => u === 'auto' || codec.is(u),
    (u, context) => (u === 'auto' ? t.success(u) : codec.validate(u, context)),
    t.identity,
  )

/** Options that hold channels back: `checkPruneOptions` judges their values. */
export const constraintCodecs = {
  freeze: paths,
  ignore: paths,
  minChannels: t.number,
  floor: t.number,
  roundTo: autoOr(t.number),
} satisfies CodecOf<ConstraintOptions>

export const widthsCodec: t.Type<Widths, unknown> = t.record(t.string, t.number)

const utilities = predicateCodec(
  'utilities by path, or a function that tells them',
  (u): u is Extract<PruneOptions, { readonly by: unknown }>['by'] => isRecord(u) || typeof u === 'function',
)

const rankedOptions = { ...constraintCodecs, combine, widths: widthsCodec } satisfies CodecOf<
  Omit<ByThreshold, 'eta' | 'by'>
>

const amountOptions = {
  ...rankedOptions,
  normalize: normalizeCodec,
  measure: predicateCodec('a function', isFunction),
}

export const pruneCodec: t.Type<PruneOptions, unknown> = keyed<
  PruneOptions,
  'eta' | 'keep' | 'atMost' | 'channels'
>('how far to prune', {
  eta: closedPartial({ eta: targetFields.eta, by: utilities }, rankedOptions),
  keep: closedPartial({ keep: targetFields.keep, by: utilities }, amountOptions) as never, // a latency has its measure,
  atMost: closedPartial({ atMost: targetFields.atMost, by: utilities }, amountOptions) as never, // or is refused later
  channels: closedPartial({ channels: t.record(t.string, list(finite)) }, { freeze: paths, bodies: paths }),
})

const module = { module: layerCodec }

/** A growth, in a schedule. */
export const growthCodec: t.Type<Growth, unknown> = keyed<Growth, SiteKind>('what grows', {
  after: closed({ after: t.string, ...module }),
  before: closed({ before: t.string, ...module }),
  inside: closedPartial({ inside: t.string, ...module }, { at: naturalNumber }),
  deepen: closed({ deepen: t.string, ...module }),
  to: closed({ to: t.string, branch: layerCodec }),
  widen: closed({ widen: t.string, by: positive }),
})

const statistics = predicateCodec<ChannelStatistics>(
  'mean and variance',
  (u): u is ChannelStatistics => isRecord(u) && 'mean' in u && 'variance' in u,
)

const seed = { seed: seedCodec }
const growthOptions = {
  init: growInitCodec,
  exact: t.boolean,
  noise: t.number,
  statistics,
  budget: closedPartial({}, { params: positive, macs: positive }),
} satisfies CodecOf<Omit<GrowOptions, 'seed' | keyof Growth | SiteKind | 'module' | 'branch' | 'by' | 'at'>>

/** The options of `grow`, which judges the site and the width itself. */
export const growCodec: t.Type<GrowOptions, unknown> = keyed<GrowOptions, SiteKind>('what grows', {
  after: closedPartial({ after: t.string, ...module, ...seed }, growthOptions),
  before: closedPartial({ before: t.string, ...module, ...seed }, growthOptions),
  inside: closedPartial({ inside: t.string, ...module, ...seed }, { at: t.number, ...growthOptions }),
  deepen: closedPartial({ deepen: t.string, ...module, ...seed }, growthOptions),
  to: closedPartial({ to: t.string, branch: layerCodec, ...seed }, growthOptions),
  widen: closedPartial({ widen: t.string, by: t.number, ...seed }, growthOptions),
})
