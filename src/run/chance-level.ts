/** Whether a net that was cut, and trained again, answers as well as one that looks at nothing. */

import type { Dataset } from '../data/dataset.js'
import { countEach } from '../io/count.js'
import type { StageResult } from './cursor.js'
import type { AtChance } from './error.js'
import type { Step } from './schedule/steps.js'

/** The share of the commonest class. */
const shareOfCommonest = (labels: Int32Array): number =>
  Math.max(0, ...countEach(labels).values()) / Math.max(1, labels.length)

/** How far above blind an accuracy is still chance: two standard errors, at most 0.05. */
const marginOf = (blind: number, images: number): number =>
  Math.min(0.05, 2 * Math.sqrt((blind * (1 - blind)) / images))

/** Whether a step ends in training: one that repeats others does where the last of them does. */
const endsInTraining = (step: Step | undefined): boolean =>
  step !== undefined && 'steps' in step ? endsInTraining(step.steps.at(-1)) : step?._tag === 'train'

/**
 * The fact where the last stage ended in training a net that was cut and has fallen to chance; `null` otherwise: where a
 * better net was never seen, a poor one is no fall.
 */
export const fallenToChance = (
  schedule: readonly Step[],
  stages: readonly StageResult[],
  { validation }: Pick<Dataset, 'validation'>,
): AtChance | null => {
  const stage = stages.length - 1
  const accuracy = stages[stage]?.validation.accuracy
  if (accuracy === undefined || validation.size === 0 || !endsInTraining(schedule[stage])) return null
  const blind = shareOfCommonest(validation.labels)
  const chance = blind + marginOf(blind, validation.size)
  const before = Math.max(0, ...stages.slice(0, stage).map(each => each.validation.accuracy))
  return accuracy <= chance && before > chance ? { _tag: 'AtChance', stage, accuracy, chance, before } : null
}
