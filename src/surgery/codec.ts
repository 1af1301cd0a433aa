/** What pruning and growing are told, read as what comes from code without types: every option known, each of its kind. */
import * as t from 'io-ts'
import { closed, closedPartial, count, finite, keyed, list, positive, whole } from '../net/closed.js'
import { layerCodec } from '../net/codec.js'
import type { Model } from '../net/weights.js'
import type { Measure } from './error.js'
import type { GrowOptions, Growth, How, Statistics } from './growth.js'
import type { PruneOptions } from './options.js'
import type { Combine, Ranking } from './rank.js'
import type { Target } from './target.js'
import type { Word } from './where.js'

/** Anything of one kind, under the name it has in messages. */
const kind = <A>(name: string, is: (u: unknown) => u is A): t.Type<A, A, unknown> =>
  new t.Type<A>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

const isObject = (u: unknown): u is object => typeof u === 'object' && u !== null
const isFunction = (u: unknown): u is (model: Model) => number => typeof u === 'function'

export const rankingCodec: t.Type<Ranking> = t.keyof({ raw: null, global: null, eta: null, layer: null })
export const howCodec: t.Type<How> = t.keyof({ exact: null, spark: null, fresh: null })

const paths = list(t.string, 'a list of paths')
const combine: t.Type<Combine> = t.keyof({ sum: null, mean: null, max: null })

/** Options that guard what stays: their values are for `sensible` to judge. */
export const guards = {
  protect: paths,
  ignore: paths,
  minimum: t.number,
  floor: t.number,
  widths: t.record(t.string, t.number),
  multiple: t.number,
}

const utilities = kind(
  'utilities by path, or a function that tells them',
  (u): u is Extract<PruneOptions, { readonly by: unknown }>['by'] => isObject(u) || typeof u === 'function',
)

export const targetCodec: t.Type<Target, unknown> = keyed<Target, Measure>('a target', {
  params: closed({ params: t.number }),
  macs: closed({ macs: t.number }),
  bytes: closed({ bytes: t.number }),
  latency: closed({ latency: t.number, measure: kind('a function', isFunction) }),
})

const ranging = { ...guards, combine }

export const pruneCodec: t.Type<PruneOptions, unknown> = keyed<
  PruneOptions,
  'eta' | 'keep' | 'atMost' | 'channels'
>('how far to prune', {
  eta: closedPartial({ eta: t.number, by: utilities }, ranging),
  keep: closedPartial({ keep: targetCodec, by: utilities }, { ...ranging, rank: rankingCodec }),
  atMost: closedPartial({ atMost: targetCodec, by: utilities }, { ...ranging, rank: rankingCodec }),
  channels: closedPartial({ channels: t.record(t.string, list(finite)) }, { protect: paths, bodies: paths }),
})

const module = { module: layerCodec }

/** One growth, in a schedule. */
export const growthCodec: t.Type<Growth, unknown> = keyed<Growth, Word>('what grows', {
  after: closed({ after: t.string, ...module }),
  before: closed({ before: t.string, ...module }),
  inside: closedPartial({ inside: t.string, ...module }, { at: count }),
  deepen: closed({ deepen: t.string, ...module }),
  to: closed({ to: t.string, branch: layerCodec }),
  widen: closed({ widen: t.string, by: positive }),
})

const statistics = kind<Statistics>(
  'mean and variance',
  (u): u is Statistics => isObject(u) && 'mean' in u && 'variance' in u,
)

const seed = { seed: whole }
const manner = {
  how: howCodec,
  spark: t.number,
  statistics,
  budget: closedPartial({}, { params: positive, macs: positive }),
}

/** One growth of a model; where it goes and how wide is for growing itself to judge. */
export const growCodec: t.Type<GrowOptions, unknown> = keyed<GrowOptions, Word>('what grows', {
  after: closedPartial({ after: t.string, ...module, ...seed }, manner),
  before: closedPartial({ before: t.string, ...module, ...seed }, manner),
  inside: closedPartial({ inside: t.string, ...module, ...seed }, { at: t.number, ...manner }),
  deepen: closedPartial({ deepen: t.string, ...module, ...seed }, manner),
  to: closedPartial({ to: t.string, branch: layerCodec, ...seed }, manner),
  widen: closedPartial({ widen: t.string, by: t.number, ...seed }, manner),
})
