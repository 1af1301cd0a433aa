/** The options of a cut inside a training. */
import type { MaskOptions } from '../../../learn/options.js'
import { optionsOf, withDefaults } from '../../../net/words/options.js'
import type { CountedTarget } from '../../../surgery/prune/target.js'
import type { PruneWhileTraining } from '../steps.js'
import { pruneDefaults } from './prune-defaults.js'
import { splitTarget, targetKeys } from './target-options.js'

/** What `prune` in a training takes: the target, and the parts that differ from the default. */
export type PruneWhileTrainingWord = CountedTarget & Partial<Omit<PruneWhileTraining, 'target'>>

/** Masks begin after a fifth of the epochs; the cut comes after three fifths at the latest. */
const maskDefaults = (epochs: number): MaskOptions => {
  const known = Number.isSafeInteger(epochs) && epochs > 0 ? epochs : 1 // another number is refused where it stands
  const from = Math.max(1, Math.round(known / 5))
  return { from, until: Math.max(from + 1, Math.round((3 * known) / 5)), stable: 0.01, decay: 0.95 }
}

/** The cut of a training of so many epochs, or that of another training as it is. */
export const pruneWhileTraining = (
  word: PruneWhileTrainingWord | PruneWhileTraining,
  epochs: number,
): PruneWhileTraining => {
  const options = optionsOf(word)
  if ('target' in options) return options
  const { target, rest } = splitTarget(options)
  const defaults = { ...pruneDefaults, ...maskDefaults(epochs) }
  return {
    target: target as CountedTarget, // one is named, and no latency, or the codec refuses it
    ...withDefaults<Omit<PruneWhileTraining, 'target'>>(defaults, rest, targetKeys),
  }
}
