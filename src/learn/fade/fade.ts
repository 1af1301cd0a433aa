/**
 * Fading: channels that the next prune will remove are scaled down to exactly zero while the others take over.
 * A channel's utility comes from the training gradients. The weights of marked channels are projected into a ball that
 * shrinks to zero: their batch norm's scale and shift, or, without batch norm, their kernel's column and bias.
 * An interpretation of the paper's push; this project's own.
 */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Session } from '../../engine/engine.js'
import { isUpdate, type Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import { valueAt } from '../../io/element.js'
import { fixedWires, type Wiring, wireNet } from '../../net/channels/wiring.js'
import type { CheckedNet } from '../../net/infer.js'
import { childPath, isInside, type Path, parentPath } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { weightKey } from '../../net/weight-specs.js'
import type { Model, Weights } from '../../net/weights.js'
import type { PruneError } from '../../surgery/error.js'
import { costFor } from '../../surgery/prune/cost.js'
import { type Criterion, perCost } from '../../surgery/prune/criteria.js'
import { prune } from '../../surgery/prune/prune.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { RankedChannel } from '../../surgery/prune/ranking.js'
import type { CountedTarget } from '../../surgery/prune/target.js'
import { type FadeOptions, type PlannedPrune, pruneOptions } from '../options.js'
import type { Gradients } from '../training/train.js'
import { isKeyOf } from '../weight-key.js'
import {
  type FadableLayer,
  type FadeSlot,
  type Flags,
  fadableLayers,
  flagsWhere,
  markedChannels,
  slotOf,
  slotsFor,
} from './fade-slots.js'

/** A layer whose channels can fade, with its gradients. */
interface Unit extends FadableLayer {
  /** The first-order effect of deleting each channel. */
  readonly effect: Value
  /** The weights that are faded. */
  readonly weights: readonly WeightGradient[]
}

const isPresent = (each: WeightGradient | undefined): each is WeightGradient => each !== undefined

/** Units with batch norm by their scale and shift, others by their gate. */
const unitsIn = ({ weights, gates }: Gradients): readonly Unit[] => {
  const byKey = new Map(weights.map(each => [each.key, each]))
  const normed = weights.flatMap((scale): readonly Unit[] => {
    const path = parentPath(scale.key)
    const shift = byKey.get(weightKey(path, 'shift'))
    if (!isKeyOf(scale.key, 'scale') || shift === undefined) return []
    const effect = op.add(op.mul(scale.weight, scale.gradient), op.mul(shift.weight, shift.gradient))
    return [{ path, anchor: 'scale', effect, weights: [scale, shift] }]
  })
  const gated = [...gates].map(([path, effect]): Unit => {
    const faded = [byKey.get(weightKey(path, 'kernel')), byKey.get(weightKey(path, 'bias'))]
    return { path, anchor: 'kernel', effect, weights: faded.filter(isPresent) }
  })
  return [...normed, ...gated]
}

/** Updates each channel's utility: a running mean of the squared effects. */
export const trackUtility =
  ({ decay }: Pick<FadeOptions, 'decay'>) =>
  (gradients: Gradients): readonly Value[] =>
    unitsIn(gradients).map(unit => op.average(slotOf(unit, 'utility'), op.square(unit.effect), decay))

/** Adds the gradient of λ·Σ|γ|, the L1 norm of batch norm scales. */
export const penaliseScales =
  ({ l1 }: FadeOptions) =>
  ({ weights }: Gradients): readonly WeightGradient[] =>
    weights.map(each =>
      isKeyOf(each.key, 'scale') && l1 > 0
        ? { ...each, gradient: op.add(each.gradient, op.mul(op.sign(each.weight), l1)) }
        : each,
    )

/** 1 − f: 1 until channels are marked, then down to 0. */
const fadeInput = op.input('fade', [])

/** The variable an update changes. */
const updatedName = ({ op: each }: Value): string => (isUpdate(each) ? each.name : '')

/** Σ of squares of each channel: of a kernel, over its column. */
const squaredLength = (value: Value): Value => {
  const lead = value.shape.slice(0, -1).map((_, axis) => axis)
  return lead.length === 0 ? op.square(value) : op.sum(op.square(value), lead)
}

/** w ← w · min(1, n₀·(1 − f)/‖w‖) for marked channels, w = (γ, β) or (kernel, bias), after the optimizer's update. */
export const fade =
  (gradients: Gradients) =>
  (updates: readonly Value[]): readonly Value[] => {
    const byName = new Map(updates.map(update => [updatedName(update), update]))
    const faded = unitsIn(gradients).flatMap(unit => {
      const weights = unit.weights.flatMap(({ key }) => byName.get(key) ?? [])
      const squares = weights.map(squaredLength)
      const [first] = squares
      if (first === undefined || weights.length < unit.weights.length) return []
      const stored = (slot: FadeSlot) => op.weight(slotOf(unit, slot), first.shape)
      const length = op.sqrt(squares.reduce((a, b) => op.add(a, b)))
      const shrink = op.minimum(op.div(op.mul(stored('radius'), fadeInput), op.maximum(length, 1e-12)), 1)
      const factor = op.sub(1, op.mul(stored('marked'), op.sub(1, shrink)))
      return weights.map(weight => op.assign(updatedName(weight), op.mul(weight, factor)))
    })
    const replaced = new Set(faded.map(updatedName))
    return [...updates.filter(update => !replaced.has(updatedName(update))), ...faded]
  }

/** The step at which channels are marked: at least one step of gradients comes first. */
const markStep = ({ from }: FadeOptions, steps: number): number => Math.max(1, Math.round(from * steps))

export const fadeFeeds =
  (options: FadeOptions) =>
  (step: number, steps: number): Readonly<Record<string, Float32Array>> => {
    const start = markStep(options, steps)
    const faded = (step + 1 - start) / Math.max(1, options.until * steps - start)
    return { fade: Float32Array.of(1 - Math.min(1, Math.max(0, faded))) }
  }

const utilitySlot = /\/(?:scale|kernel)\/utility$/

/** The tracked utilities by path: √ of the running means. */
export const trackedUtilities = (slots: Weights): Utilities =>
  Object.fromEntries(
    Object.entries(slots).flatMap(([name, { data }]) =>
      utilitySlot.test(name) ? [[parentPath(parentPath(name)), data.map(Math.sqrt)] as const] : [],
    ),
  )

/** The criterion of a push: the utilities in its slots. */
export const gradientUtility: Criterion<Weights> = (_, slots) => E.right(trackedUtilities(slots))

/** Utilities as the prune will compare them: divided by a power of the cost in the target's measure. */
const fadeUtilities = ({ cost }: FadeOptions, target: CountedTarget): Criterion<Weights> =>
  perCost(costFor(target), cost)(gradientUtility)

/** Hears what the prune would decide about every channel, at the moment those it would remove are marked. */
export type OnRanking = (ranking: readonly RankedChannel[]) => void

/** Flags of the channels that the prune would remove now. */
const flagRemoved = (
  options: FadeOptions,
  cut: PlannedPrune,
  model: Model,
  slots: Weights,
  onRanking: OnRanking,
): E.Either<PruneError, Flags> =>
  pipe(
    fadeUtilities(options, cut)(model, slots),
    E.flatMap(by => prune(pruneOptions(cut, by))(model)),
    E.map(({ channels, ranking }) => {
      onRanking(ranking)
      return flagsWhere(model, (path, channel) => !(channels[path]?.includes(channel) ?? false))
    }),
  )

/** At a phase's first step no channel is marked; at the mark step, those that the next prune would remove. */
export const markFading =
  (options: FadeOptions, cut: PlannedPrune | null, model: Model, onRanking: OnRanking = () => undefined) =>
  (session: Session, step: number, steps: number): E.Either<PruneError, void> => {
    if (step !== 0 && step !== markStep(options, steps)) return E.right(undefined)
    const all = session.read()
    const now: Model = {
      ...model,
      weights: Object.fromEntries(
        Object.keys(model.weights).flatMap(key => (all[key] === undefined ? [] : [[key, all[key]]])),
      ),
    }
    return pipe(
      step === 0 || cut === null
        ? E.right(flagsWhere(now, () => false))
        : flagRemoved(options, cut, now, all, onRanking),
      E.map(flags => session.write(slotsFor(now.weights, flags))),
    )
  }

/** The faded channels by path, and the residuals whose bodies have faded whole. */
export interface FadedChannels {
  readonly channels: Readonly<Record<Path, readonly number[]>>
  readonly bodies: readonly Path[]
}

/** By wire, not 0 where it stays: no cut may remove it, or it has a channel that did not fade. */
const keptWires = (wiring: Wiring, fading: readonly FadableLayer[], slots: Weights): Uint8Array => {
  const kept = fixedWires(wiring)
  for (const each of fading) {
    const marked = new Set(markedChannels(slots, each))
    wiring.out.get(each.path)?.forEach((wire, channel) => {
      if (!marked.has(channel)) kept[wire] = 1
    })
  }
  return kept
}

/**
 * A body's channels are tied to the sum's, which stay: a body that faded whole is listed as a body, and none inside it is.
 * In a branch that faded whole, a gate or a norm may share channels with layers outside, which stay: none is listed.
 */
export const fadedChannels = (net: CheckedNet, slots: Weights): FadedChannels => {
  const fading = fadableLayers(net)
  const isGone = (each: FadableLayer) =>
    markedChannels(slots, each).length === channelsOf(valueAt(net.layers, each.path).output)
  const whole = [...net.layers.values()].flatMap(({ path, layer }) => {
    if (layer._tag !== 'residual') return []
    const body = childPath(path, layer.body.name)
    const units = fading.filter(unit => isInside(body, unit.path))
    return units.length > 0 && units.every(isGone) ? [{ path, body }] : []
  })
  const bodies = whole.filter(({ path }) => !whole.some(({ body }) => isInside(body, path)))
  const left = fading.filter(({ path }) => !bodies.some(({ body }) => isInside(body, path)))
  const wiring = wireNet(net)
  const kept = keptWires(wiring, fading, slots)
  const channels = left.flatMap(each => {
    const wires = valueAt(wiring.out, each.path)
    const faded = markedChannels(slots, each).filter(channel => kept[wires[channel] ?? -1] === 0)
    return faded.length === 0 ? [] : [[each.path, faded] as const]
  })
  return { channels: Object.fromEntries(channels), bodies: bodies.map(({ path }) => path) }
}

const maskSlot = /\/(?:scale|kernel)\/(?:marked|radius)$/

/** Slots without marks and radii; utilities stay. */
export const clearFadeMasks = (slots: Weights): Weights =>
  Object.fromEntries(Object.entries(slots).filter(([name]) => !maskSlot.test(name)))
