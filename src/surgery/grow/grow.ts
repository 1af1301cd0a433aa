/** Grow: a model with a new module, a new branch, or wider units, that preserves its function and can learn more. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode } from '../../io/codec.js'
import { countMacs, countParams } from '../../net/counts.js'
import { type CheckedNet, outputShape } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf, isSameShape } from '../../net/shape.js'
import { checkWeights, initialWeights, type Model } from '../../net/weights.js'
import { growCodec } from '../codec.js'
import type { GrowError } from '../error.js'
import type { Remap } from '../remap.js'
import type { Inexact, Unpreserved } from './inexact.js'
import { initialGrownWeights } from './initial-weights.js'
import { findNormalised, type Insertion, insertGrowth } from './insertion.js'
import { findRenumbered, matchChannels, type TracedNets, traceBoth } from './match-channels.js'
import type { GrowInit, GrowOptions, Growth } from './options.js'
import type { ExactCost } from './widen-module.js'

/** A grown model, and where its channels come from. */
export interface Grown {
  readonly model: Model
  /** Null where the grown model computes the old function, up to rounding; else why it does not. */
  readonly inexact: Inexact | null
  /** With `exact`, what had to be wider than asked for; null where nothing had. */
  readonly exactCost: ExactCost | null
  /** The new layer, or those that are wider. */
  readonly grown: readonly Path[]
  /** New layers that lost their activation, since it would have changed the channels they pass on. */
  readonly linear: readonly Path[]
  /**
   * A layer that had to become a stack, and all in it, lies one name deeper now; else null. Dropout in it draws from
   * the stream of its new path; every other layer keeps its stream.
   */
  readonly moved: { readonly from: Path; readonly to: Path } | null
  readonly remap: Remap
}

const checkOutput = (before: CheckedNet, after: Insertion): E.Either<GrowError, void> => {
  const [expected, got] = [outputShape(before), outputShape(after)]
  return isSameShape(expected, got)
    ? E.right(undefined)
    : E.left({ _tag: 'OutputDiffers', at: after.grown[0] ?? '', got, expected })
}

/** A module that does not pass its input on moves no channel that counts: it makes new ones all the same. */
const checkNumbers = (
  init: GrowInit,
  tree: Insertion,
  trace: () => TracedNets,
): E.Either<GrowError, void> => {
  if (init === 'scratch' || tree.inexact !== null) return E.right(undefined)
  const at = findRenumbered(trace(), tree)
  return at === null ? E.right(undefined) : E.left({ _tag: 'Renumbered', at, grown: tree.grown[0] ?? '' })
}

const checkLimit = (
  measure: 'params' | 'macs',
  got: number,
  limit: number | undefined,
): E.Either<GrowError, void> =>
  limit === undefined || got <= limit
    ? E.right(undefined)
    : E.left({ _tag: 'OverBudget', measure, limit, got })

const checkBudget = ({ budget = {} }: GrowOptions, net: CheckedNet): E.Either<GrowError, void> =>
  pipe(
    checkLimit('params', countParams(net), budget.params),
    E.flatMap(() => checkLimit('macs', countMacs(net), budget.macs)),
  )

/** Errors  WrongOption where growth that is to be exact begins with other weights than such as preserve the function */
const checkExact = ({ init = 'preserve', exact = false }: NetOptions): E.Either<GrowError, void> =>
  exact && init !== 'preserve'
    ? E.left({
        _tag: 'WrongOption',
        option: 'exact',
        got: `true with init: '${init}'`,
        expected: "init: 'preserve', as other weights change the function",
      })
    : E.right(undefined)

/** How a growth alters the tree. */
type NetOptions = Pick<GrowOptions, 'init' | 'exact'>

const growTree =
  (growth: Growth, options: NetOptions) =>
  (net: CheckedNet): E.Either<GrowError, Insertion> =>
    pipe(
      checkExact(options),
      E.flatMap(() =>
        insertGrowth(growth, { passing: options.init !== 'scratch', exact: options.exact ?? false })(net),
      ),
    )

/** A grown net without weights, its new layers, and why it cannot compute what it did; null where it can. */
export interface GrownNet {
  readonly net: CheckedNet
  readonly grown: readonly Path[]
  readonly inexact: Unpreserved | null
}

/** The grown net, without weights. Errors  those of `grow` that concern neither weights nor statistics */
export const growNet =
  (growth: Growth, options: NetOptions & { readonly init: GrowInit }) =>
  (net: CheckedNet): E.Either<GrowError, GrownNet> =>
    pipe(
      growTree(growth, options)(net),
      E.tap(after => checkOutput(net, after)),
      E.tap(after => checkNumbers(options.init, after, () => traceBoth(net, after))),
      E.map(after => ({
        net: { net: after.net, layers: after.layers },
        grown: after.grown,
        inexact: after.inexact ?? findNormalised(net, after),
      })),
    )

/** Whether statistics have a finite value for each input channel of the new layer. */
const checkStatistics = (
  { statistics }: GrowOptions,
  { layers, grown }: Insertion,
): E.Either<GrowError, void> => {
  const at = grown[0] ?? ''
  const expected = channelsOf(layers.get(at)?.input ?? [])
  for (const values of statistics === undefined ? [] : [statistics.mean, statistics.variance]) {
    if (values.length !== expected) return E.left({ _tag: 'WrongLength', at, expected, got: values.length })
    const channel = Array.from(values).findIndex(
      value => !Number.isFinite(value) || (values === statistics?.variance && value < 0),
    )
    if (channel >= 0) return E.left({ _tag: 'NotFinite', at, channel, value: values[channel] ?? Number.NaN })
  }
  return E.right(undefined)
}

const noiseOf = ({ init = 'preserve', noise = 0.1 }: GrowOptions): E.Either<GrowError, number> =>
  noise > 0 && Number.isFinite(noise)
    ? E.right(init === 'noisy' ? noise : 0)
    : E.left({ _tag: 'WrongOption', option: 'noise', got: noise, expected: 'a number above 0' })

/** Every weight initialised again: none comes from the old net. */
const growFromScratch = (
  { seed }: GrowOptions,
  { net, layers, grown, moved }: Insertion,
  remap: Remap,
): Grown => ({
  model: { net, layers, weights: initialWeights({ net, layers }, seed) },
  inexact: { _tag: 'Scratch' },
  exactCost: null,
  grown,
  linear: [],
  moved,
  remap: new Map([...remap].map(([key, origin]) => [key, { ...origin, from: null, axes: [] }])),
})

/** A grown tree, its channels, and the deviation of its noise. */
interface TracedGrowth {
  readonly tree: Insertion
  readonly traced: TracedNets
  readonly noise: number
}

const growModel =
  (options: GrowOptions, before: Model) =>
  ({ tree, traced, noise }: TracedGrowth): Grown => {
    const { net, layers, grown, linear, moved, passage } = tree
    const remap = matchChannels(traced, tree)
    if (options.init === 'scratch') return growFromScratch(options, tree, remap)
    const { seed, statistics = null } = options
    const initial = { seed, spark: noise, statistics, passage }
    return {
      model: { net, layers, weights: initialGrownWeights(tree, remap, before.weights, initial) },
      inexact: tree.inexact ?? findNormalised(before, tree) ?? (noise > 0 ? { _tag: 'Noisy' } : null),
      exactCost: tree.exactCost,
      grown,
      linear,
      moved,
      remap,
    }
  }

/**
 * Adds a module, a branch or channels. By default the function is preserved: the new part passes its input on, and
 * kernels that read its other channels get rows of zeros, whose gradient is not zero.
 *
 * Shapes  kernel [k, k, in, out] → [k, k, in′, out′]; the input and the output of the net keep theirs
 * Errors  DecodeError, UnknownPath, WrongPlace, WrongOption, WrongLength, NotFinite, WrongWeight, Tied, NothingToWiden,
 *         Renumbered, OutputDiffers, OverBudget; with `exact`, NotExact; those of `infer` where the new part does
 * not fit, such as SumDiffers
 * Law     forward(grown) = forward(model) where `inexact` is null, as it is with `exact`; old weights keep their values
 * Source  Chen, Goodfellow, Shlens 2016 (Net2Net), with zeros for copies
 *
 * @example
 * pipe(model, grow({ after: 'a', module: inception('b', { point: 48, three: [8, 16] }), seed: 0 }))
 */
export const grow =
  (options: GrowOptions) =>
  (model: Model): E.Either<GrowError, Grown> =>
    pipe(
      decode(growCodec)(options),
      E.flatMap(() => growTree(options, options)(model)),
      E.bindTo('tree'),
      E.tap(() => checkWeights(model)),
      E.tap(({ tree }) => checkOutput(model, tree)),
      E.let('traced', ({ tree }) => traceBoth(model, tree)),
      E.tap(({ tree, traced }) => checkNumbers(options.init ?? 'preserve', tree, () => traced)),
      E.tap(({ tree }) => checkBudget(options, tree)),
      E.tap(({ tree }) => checkStatistics(options, tree)),
      E.bind('noise', () => noiseOf(options)),
      E.map(growModel(options, model)),
    )
