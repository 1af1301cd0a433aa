/**
 * Masking: in a training that will cut, the channels that the cut would remove by now are marked after each epoch and
 * shrunk, until hardly one more changes. It knows neither how channels are ranked nor how they are cut.
 *
 * Source  Ghimire et al. 2025 (OCSPruner, arXiv 2501.13439) for the cut where the surviving channels are stable from
 *         epoch to epoch; the shrinking is that of `fade`, this project's own
 */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feeds } from '../../../engine/engine.js'
import { elementAt } from '../../../io/element.js'
import type { CheckedNet } from '../../../net/infer.js'
import type { Weights } from '../../../net/weights.js'
import type { Pruned } from '../../../surgery/prune/prune.js'
import type { RankedChannel } from '../../../surgery/prune/ranking.js'
import type { LearnError } from '../../error.js'
import {
  type Flags,
  fadableLayers,
  flagsWhere,
  markedChannels,
  slotOf,
  slotsFor,
} from '../../fade/fade-slots.js'
import type { MaskOptions } from '../../options.js'
import type { Learner } from '../learner.js'
import type { Review } from '../phase.js'

/** The share of its norm that a masked channel may still have, once so many epochs are done. */
export const shareLeft = ({ from, until }: MaskOptions, epochs: number): number =>
  1 - Math.min(1, Math.max(0, (epochs - from) / (until - from)))

/** The share at each step of a training of so many epochs. */
export const maskFeeds =
  (options: MaskOptions, epochs: number) =>
  (step: number, steps: number): Feeds => ({
    fade: Float32Array.of(shareLeft(options, ((step + 1) * epochs) / steps)),
  })

/** The channels marked after an epoch. */
export interface Mask {
  /** Epochs done. */
  readonly epochs: number
  readonly masked: number
  /** All channels that could be. */
  readonly of: number
  /** Of the channels that survive now or did before, the share that do not do both. */
  readonly changed: number
  /** Whether it is the one that is cut: at once, or when it has shrunk to zero. */
  readonly last: boolean
  /** What the cut would decide about every channel. */
  readonly ranking: readonly RankedChannel[]
}

/** The flags there are, none where nothing was ever marked. */
const flagsIn = (net: CheckedNet, slots: Weights): Flags => {
  const marked = new Map(
    fadableLayers(net).map(layer => [layer.path, new Set(markedChannels(slots, layer))] as const),
  )
  return flagsWhere(net, (path, channel) => marked.get(path)?.has(channel) ?? false)
}

/**
 * Of the channels that survive in either, the share that do not survive in both; 0 where none does.
 *
 * Law     0 for equal sets, 1 for disjoint ones; symmetric
 * Source  Jaccard 1901
 */
export const changeBetween = (before: Flags, after: Flags): number => {
  let [either, one] = [0, 0]
  after.forEach(([, flags], nth) => {
    flags.forEach((flag, channel) => {
      const was = elementAt(elementAt(before, nth)[1], channel)
      if (flag === 0 || was === 0) either++
      if (flag !== was) one++
    })
  })
  return either === 0 ? 0 : one / either
}

/**
 * The slots of a mask when masked channels may have `left` of their norm: one that was masked before goes on shrinking,
 * one that is new shrinks from the norm it has.
 */
const maskSlots = (weights: Weights, before: Weights, flags: Flags, left: number): Weights => {
  const fresh = slotsFor(weights, flags)
  const radii = flags.map(([layer]) => {
    const [name, marked] = [slotOf(layer, 'radius'), new Set(markedChannels(before, layer))]
    const [norms, known] = [fresh[name]?.data ?? new Float32Array(), before[name]?.data]
    const radius = (norm: number, channel: number): number =>
      marked.has(channel) ? (known?.[channel] ?? 0) : left > 0 ? norm / left : 0
    return [name, { shape: [norms.length], data: norms.map(radius) }] as const
  })
  return { ...fresh, ...Object.fromEntries(radii) }
}

/** What the cut would leave of a learner now. */
export type Foresee = (learner: Learner) => TE.TaskEither<LearnError, Pruned>

const maskAfter = (options: MaskOptions, { model, slots }: Learner, epochs: number, cut: Pruned) => {
  const flags = flagsWhere(model, (path, channel) => !(cut.channels[path]?.includes(channel) ?? false))
  const changed = changeBetween(flagsIn(model, slots), flags)
  const { from, until, stable } = options
  const ends = epochs >= until || (epochs > from && changed < stable)
  const all = flags.flatMap(([, each]) => [...each])
  const masked = all.filter(flag => flag === 1).length
  const last = ends || epochs === until - 1
  const mask: Mask = { epochs, masked, of: all.length, changed, last, ranking: cut.ranking }
  return { mask, ends, slots: maskSlots(model.weights, slots, flags, shareLeft(options, epochs)) }
}

const isMasked = (flags: Flags): boolean => flags.some(([, each]) => each.includes(1))

/**
 * Marks, after each epoch from `from` on, the channels that the cut would remove; ends the phase where hardly one of
 * those that survive has changed, or else with the epoch `until`, when the last mask has shrunk to zero. `onMask` hears
 * each mask.
 *
 * Law  what is marked at the end is the last mask
 */
export const reviewMask =
  (options: MaskOptions, foresee: Foresee, onMask: (mask: Mask) => void) =>
  (learner: Learner, epochs: number): TE.TaskEither<LearnError, Review> => {
    if (epochs < options.from) return TE.right({ slots: {}, ends: false })
    if (epochs >= options.until && isMasked(flagsIn(learner.model, learner.slots)))
      return TE.right({ slots: {}, ends: true })
    return pipe(
      foresee(learner),
      TE.map(cut => {
        const { mask, ends, slots } = maskAfter(options, learner, epochs, cut)
        onMask(mask)
        return { slots, ends }
      }),
    )
  }
