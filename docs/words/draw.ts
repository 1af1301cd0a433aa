/** The picture of an example, by what its value is; values that have none are data and functions. */

import type { Augmentation, Layer, Net } from '../../src/index.js'
import { activationValue } from '../../src/learn/criteria/activation-value.js'
import { factorAt, type LearningRateSchedule } from '../../src/learn/training/learning-rate.js'
import type { ScheduleStep } from '../../src/run/schedule/steps.js'
import type { Entry } from './catalogue.js'
import { hasTag, place, placeNet } from './evaluate.js'
import { curveFile } from './picture/curve.js'
import { layerDiagram, netDiagram } from './picture/layer.js'
import { fileOf } from './picture/part.js'
import { augmentFile } from './picture/pixels.js'
import { scheduleDiagram } from './picture/schedule.js'

const rates: readonly string[] = ['constant', 'step', 'cosine', 'triangular']
const augmentations: readonly string[] = [
  'shift',
  'flip',
  'randomCrop',
  'randomResizedCrop',
  'randomAffine',
  'cutout',
  'colorJitter',
]
const steps: readonly string[] = ['initialize', 'train', 'push', 'prune', 'rounds', 'grow']

const hasOneOf = (value: unknown, tags: readonly string[]): boolean => tags.some(tag => hasTag(value, tag))

const rateFile = (rate: LearningRateSchedule, label: string): string => {
  const phase = 200
  const factor = factorAt(rate, phase)
  return curveFile(at => factor(Math.round(at)), {
    x: { from: 0, to: phase },
    y: { from: 0, to: 1 },
    ends: ['first step', 'last step'],
    label,
  })
}

const layerFile = (layer: Layer, { input = [] }: Entry, label: string): string => {
  if (layer._tag === 'activate')
    return curveFile(activationValue(layer.activation), {
      x: { from: -4, to: 4 },
      y: { from: -2, to: 4 },
      ends: ['−4', '4'],
      label,
    })
  const { net, path } = place(layer, input)
  return fileOf(layerDiagram(net, path), label)
}

/** An SVG, or `null`. */
export const drawEntry = (entry: Entry, value: unknown): string | null => {
  const label = `${entry.word}: ${entry.code}`
  if (hasTag(value, 'net')) return fileOf(netDiagram(placeNet(value as Net)), label) // by its tag
  if (hasTag(value, 'experiment') && 'schedule' in value)
    return fileOf(scheduleDiagram(value.schedule as readonly ScheduleStep[]), label)
  if (hasOneOf(value, rates)) return rateFile(value as LearningRateSchedule, label)
  if (hasOneOf(value, augmentations)) return augmentFile(value as Augmentation, label)
  if (hasOneOf(value, steps)) return fileOf(scheduleDiagram([value as ScheduleStep]), label)
  return entry.input === undefined ? null : layerFile(value as Layer, entry, label)
}
