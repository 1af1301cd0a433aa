/** The best epoch of a phase by validation: its weights may stay, and a phase may end where none was better for long. */
import type { Weights } from '../../net/weights.js'
import { accuracyOf, type Score } from '../evaluation/score.js'
import type { Learner } from './learner.js'
import type { BestEpoch, Epoch, Keeping, Position } from './phase.js'

/** All epochs, and the weights of the last. */
export const endless: Keeping = { restoreBest: false, patience: null }

/** The best epoch once `epoch` has ended with this score. */
const bestAfter = (best: BestEpoch | null, epoch: number, validation: Score): BestEpoch => {
  const accuracy = accuracyOf(validation)
  return best !== null && accuracy <= best.accuracy ? best : { epoch, accuracy }
}

/** Whether so many epochs have passed since the best; `done`: epochs that have ended. */
export const isStale = ({ patience }: Keeping, done: number, best: BestEpoch | null): boolean =>
  patience !== null && best !== null && done - 1 - best.epoch >= patience

const suffix = '/best'

/** The weights of the best epoch, as slots, with which a phase is saved. */
const bestSlots = (weights: Weights): Weights =>
  Object.fromEntries(Object.entries(weights).map(([key, tensor]) => [`${key}${suffix}`, tensor]))

const isBestSlot = (name: string): boolean => name.endsWith(suffix)

/** A position between steps, and the weights of the best epoch, as slots, where they are kept. */
export interface Pause {
  readonly position: Position
  readonly kept: Weights
}

/** The best epoch with the one that is done, where it is to be known, and its weights. */
export const keepBest = (
  { restoreBest: restores, patience }: Keeping,
  { position, kept }: Pause,
  done: Epoch | null,
  { model }: Learner,
): Pick<Position, 'best'> & Pick<Pause, 'kept'> => {
  if (!restores && patience === null) return { kept }
  const best = position.best ?? null
  const next = done === null ? best : bestAfter(best, done.epoch, done.validation)
  return {
    kept: restores && next !== best ? bestSlots(model.weights) : kept,
    ...(next !== null && { best: next }),
  }
}

/** The slots in which a phase has kept the weights of its best epoch. */
export const keptSlots = (slots: Weights): Weights =>
  Object.fromEntries(Object.entries(slots).filter(([name]) => isBestSlot(name)))

/**
 * What a phase leaves: the weights of its best epoch where they were kept, with the optimizer as new where it has gone on
 * from them.
 */
export const restoreWeights =
  (kept: Weights, isLast: boolean) =>
  ({ model, slots }: Learner): Learner => {
    const weights = Object.entries(kept).map(([name, tensor]) => [name.slice(0, -suffix.length), tensor])
    const others = Object.fromEntries(Object.entries(slots).filter(([name]) => !isBestSlot(name)))
    return weights.length === 0 || isLast
      ? { model, slots: others }
      : { model: { ...model, weights: { ...model.weights, ...Object.fromEntries(weights) } }, slots: {} }
  }
