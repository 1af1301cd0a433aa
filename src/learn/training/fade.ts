/**
 * Push out the losers: the useful work is moved off the channels that will go, until they give exactly zero.
 * What a channel is worth falls out of the training gradients; those below the round's threshold are faded by a
 * ball that shrinks around their batch norm's scale and shift, or, without batch norm, around their kernel's column and
 * bias. A reading of the paper's push; this project's own.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Session } from '../../engine/engine.js'
import { isUpdate, type Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import { type Inferred, infer } from '../../net/infer.js'
import { childPath, isInside, type Path, parentPath } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { hasNorm, weightKey } from '../../net/weight-specs.js'
import type { Model, Tensor, Weights } from '../../net/weights.js'
import { bareUnits } from '../../surgery/analysis/norms.js'
import type { PruneError } from '../../surgery/error.js'
import { type Criterion, perCost } from '../../surgery/prune/criteria.js'
import { prune } from '../../surgery/prune/prune.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import { type Aim, type Cut, type FadeOptions, pruneOptions } from '../options.js'
import type { Gradients } from './train.js'

/** Slots beside a unit's scale, or kernel: what channels are worth, which are condemned, how far they may reach. */
const slotNames = { utility: 'utility', condemned: 'condemned', reach: 'reach' } as const

type LoserSlot = keyof typeof slotNames

/** Where a layer's loser slots lie: beside its scale, or, where no norm scales its channels, beside its kernel. */
interface Fading {
  readonly path: Path
  readonly anchor: 'scale' | 'kernel'
}

/** What is faded with the anchor. */
const partnerOf = { scale: 'shift', kernel: 'bias' } as const

const slotOf = ({ path, anchor }: Fading, slot: LoserSlot): string =>
  `${weightKey(path, anchor)}/${slotNames[slot]}`

/** Every layer whose channels can fade. */
const fadingIn = (inferred: Inferred): readonly Fading[] => {
  const bare = new Set(bareUnits(inferred))
  return [...inferred.values()].flatMap(({ path, layer }): readonly Fading[] => {
    if (hasNorm(layer)) return [{ path, anchor: 'scale' }]
    return bare.has(path) ? [{ path, anchor: 'kernel' }] : []
  })
}

/** A layer whose channels can fade, with what the objective says of them. */
interface Unit extends Fading {
  /** Of each channel, the first-order effect of deleting it. */
  readonly effect: Value
  /** What is faded. */
  readonly weights: readonly WeightGradient[]
}

const isSlope = (slope: WeightGradient | undefined): slope is WeightGradient => slope !== undefined

/** Units with batch norm by their scale and shift, those with a gate by that. */
const unitsIn = ({ weights, gates }: Gradients): readonly Unit[] => {
  const byKey = new Map(weights.map(slope => [slope.key, slope]))
  const normed = weights.flatMap((scale): readonly Unit[] => {
    const path = parentPath(scale.key)
    const shift = byKey.get(weightKey(path, 'shift'))
    if (scale.key !== weightKey(path, 'scale') || shift === undefined) return []
    const effect = op.add(op.mul(scale.weight, scale.gradient), op.mul(shift.weight, shift.gradient))
    return [{ path, anchor: 'scale', effect, weights: [scale, shift] }]
  })
  const gated = [...gates].map(([path, effect]): Unit => {
    const made = [byKey.get(weightKey(path, 'kernel')), byKey.get(weightKey(path, 'bias'))]
    return { path, anchor: 'kernel', effect, weights: made.filter(isSlope) }
  })
  return [...normed, ...gated]
}

/** Utilities, kept up to date by the slopes of the objective alone: a running mean of the squared effects. */
export const trackUtility =
  ({ decay: memory }: FadeOptions) =>
  (gradients: Gradients): readonly Value[] =>
    unitsIn(gradients).map(unit => op.average(slotOf(unit, 'utility'), op.square(unit.effect), memory))

/** Adds the slope of λ·Σ|γ|: units without batch norm have none. */
export const penaliseScales =
  ({ l1: sparsity }: FadeOptions) =>
  ({ weights }: Gradients): readonly WeightGradient[] =>
    weights.map(slope =>
      slope.key.endsWith('/scale') && sparsity > 0
        ? { ...slope, gradient: op.add(slope.gradient, op.mul(op.sign(slope.weight), sparsity)) }
        : slope,
    )

/** 1 − f: 1 until losers are told, then down to 0. */
const fadeInput = op.input('fade', [])

/** The variable an update changes. */
const nameOf = ({ op: each }: Value): string => (isUpdate(each) ? each.name : '')

/** Σ of squares of each channel: of a kernel, over its column. */
const squaredLength = (value: Value): Value => {
  const lead = value.shape.slice(0, -1).map((_, axis) => axis)
  return lead.length === 0 ? op.square(value) : op.sum(op.square(value), lead)
}

/** w ← w · min(1, n₀·(1 − f)/‖w‖) for the condemned, w = (γ, β) or (kernel, bias), after the optimizer has moved them. */
export const fade =
  (gradients: Gradients) =>
  (updates: readonly Value[]): readonly Value[] => {
    const moved = new Map(updates.map(update => [nameOf(update), update]))
    const faded = unitsIn(gradients).flatMap(unit => {
      const weights = unit.weights.flatMap(({ key }) => moved.get(key) ?? [])
      const squares = weights.map(squaredLength)
      const [first] = squares
      if (first === undefined || weights.length < unit.weights.length) return []
      const stored = (slot: LoserSlot) => op.weight(slotOf(unit, slot), first.shape)
      const length = op.sqrt(squares.reduce((a, b) => op.add(a, b)))
      const shrink = op.minimum(op.div(op.mul(stored('reach'), fadeInput), op.maximum(length, 1e-12)), 1)
      const factor = op.sub(1, op.mul(stored('condemned'), op.sub(1, shrink)))
      return weights.map(weight => op.assign(nameOf(weight), op.mul(weight, factor)))
    })
    const again = new Set(faded.map(nameOf))
    return [...updates.filter(update => !again.has(nameOf(update))), ...faded]
  }

/** Never before a step has shown what channels are worth. */
const toldAt = ({ from }: FadeOptions, steps: number): number => Math.max(1, Math.round(from * steps))

export const fadeFeeds =
  (losers: FadeOptions) =>
  (step: number, steps: number): Readonly<Record<string, Float32Array>> => {
    const told = toldAt(losers, steps)
    const faded = (step + 1 - told) / Math.max(1, losers.until * steps - told)
    return { fade: Float32Array.of(1 - Math.min(1, Math.max(0, faded))) }
  }

const utilitySlot = new RegExp(`/(?:scale|kernel)/${slotNames.utility}$`)

/** What training has shown each channel to be worth: √q by path. */
export const trackedUtilities = (slots: Weights): Utilities =>
  Object.fromEntries(
    Object.entries(slots).flatMap(([name, { data }]) =>
      utilitySlot.test(name) ? [[parentPath(parentPath(name)), data.map(Math.sqrt)] as const] : [],
    ),
  )

/** The criterion of a push: what its slots have kept. */
export const gradientUtility: Criterion<Weights> = (_, slots) => E.right(trackedUtilities(slots))

/** What pruning by worth would compare: utilities by a power of the cost in what the goal counts. */
export const fadeUtilities =
  ({ cost }: FadeOptions, target: Aim): Criterion<Weights> =>
  (model, slots) => {
    const counted = 'keep' in target ? target.keep : 'atMost' in target ? target.atMost : {}
    return perCost('macs' in counted ? 'macs' : 'params', cost)(gradientUtility)(model, slots)
  }

/** By layer whose channels can fade, 1 at each that would go. */
const condemn = (losers: FadeOptions, cut: Cut, model: Model, slots: Weights): E.Either<PruneError, Flags> =>
  pipe(
    E.Do,
    E.bind('inferred', () => infer(model.net)),
    E.bindW('by', () => fadeUtilities(losers, cut.target)(model, slots)),
    E.bindW('pruned', ({ by }) => prune(pruneOptions(cut, by))(model)),
    E.map(({ inferred, pruned }) =>
      flagged(inferred, (path, channel) => !(pruned.channels[path]?.includes(channel) ?? false)),
    ),
  )

/** By layer, one number a channel. */
type Flags = readonly (readonly [Fading, Float32Array])[]

const flagged = (inferred: Inferred, goes: (path: Path, channel: number) => boolean): Flags =>
  fadingIn(inferred).map(fading => [
    fading,
    Float32Array.from({ length: channelsOf(inferred.get(fading.path)?.output ?? []) }, (_, channel) =>
      goes(fading.path, channel) ? 1 : 0,
    ),
  ])

const vector = (data: Float32Array): Tensor => ({ shape: [data.length], data })

/** The length of what is faded of each channel. */
const reachOf = (weights: Weights, { path, anchor }: Fading, channels: number): Float32Array => {
  const lengths = [anchor, partnerOf[anchor]].map(slot =>
    columnLengths(weights[weightKey(path, slot)], channels),
  )
  return Float32Array.from({ length: channels }, (_, channel) =>
    Math.hypot(...lengths.map(each => each[channel] ?? 0)),
  )
}

/** √Σ of squares of each channel, which are an array's last axis. */
const columnLengths = (tensor: Tensor | undefined, channels: number): Float64Array => {
  const squares = new Float64Array(channels)
  tensor?.data.forEach((value, i) => {
    squares[i % channels] = (squares[i % channels] ?? 0) + value ** 2
  })
  return squares.map(Math.sqrt)
}

const slotsFor = (weights: Weights, flags: Flags): Weights =>
  Object.fromEntries(
    flags.flatMap(([fading, flag]) => [
      [slotOf(fading, 'condemned'), vector(flag)],
      [slotOf(fading, 'reach'), vector(reachOf(weights, fading, flag.length))],
    ]),
  )

/** At a phase's first step nobody is condemned; at the step told, those the cut to come would take are. */
export const markFading =
  (losers: FadeOptions, cut: Cut | null, { net, weights }: Model) =>
  (session: Session, step: number, steps: number): E.Either<PruneError, void> => {
    if (step !== 0 && step !== toldAt(losers, steps)) return E.right(undefined)
    const all = session.read()
    const now: Model = {
      net,
      weights: Object.fromEntries(
        Object.keys(weights).flatMap(key => (all[key] === undefined ? [] : [[key, all[key]]])),
      ),
    }
    return pipe(
      step === 0 || cut === null ? nobody(now) : condemn(losers, cut, now, all),
      E.map(flags => session.write(slotsFor(now.weights, flags))),
    )
  }

const nobody = ({ net }: Model): E.Either<PruneError, Flags> =>
  pipe(
    infer(net),
    E.map(inferred => flagged(inferred, () => false)),
  )

const condemnedAt = (slots: Weights, fading: Fading): readonly number[] => {
  const flags = slots[slotOf(fading, 'condemned')]?.data ?? new Float32Array()
  return [...flags.keys()].filter(channel => flags[channel] === 1)
}

/** What was told and faded, as a cut: channels by path, and the bodies of residuals that have none left. */
export interface FadedChannels {
  readonly channels: Readonly<Record<Path, readonly number[]>>
  readonly bodies: readonly Path[]
}

/** A body's channels are tied to the sum's, which stay: a body that goes whole is told as such. */
export const fadedChannels = (inferred: Inferred, slots: Weights): FadedChannels => {
  const fading = fadingIn(inferred)
  const gone = (each: Fading) =>
    condemnedAt(slots, each).length === channelsOf(inferred.get(each.path)?.output ?? [])
  const bodies = [...inferred.values()].flatMap(({ path, layer }) => {
    if (layer._tag !== 'residual') return []
    const body = childPath(path, layer.body.name)
    const units = fading.filter(unit => isInside(body, unit.path))
    return units.length > 0 && units.every(gone) ? [{ path, body }] : []
  })
  const left = fading.filter(({ path }) => !bodies.some(({ body }) => isInside(body, path)))
  const channels = left.flatMap(each => {
    const told = condemnedAt(slots, each)
    return told.length === 0 ? [] : [[each.path, told] as const]
  })
  return { channels: Object.fromEntries(channels), bodies: bodies.map(({ path }) => path) }
}

const verdictSlot = new RegExp(`/(?:scale|kernel)/(?:${slotNames.condemned}|${slotNames.reach})$`)

/** Without what was told of channels; what they are worth stays. */
export const clearFadeMasks = (slots: Weights): Weights =>
  Object.fromEntries(Object.entries(slots).filter(([name]) => !verdictSlot.test(name)))
