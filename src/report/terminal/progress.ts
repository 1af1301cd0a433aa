/** The progress of a run: a line for each event, and on a terminal a bar for each epoch. */
import type { Alignment } from '../../learn/evaluation/alignment.js'
import { accuracyOf, lossOf } from '../../learn/evaluation/score.js'
import type { StepProgress } from '../../learn/training/phase.js'
import type { RunEvent } from '../../run/events.js'
import { epochsIn, progressAt, type ScheduleProgress } from '../../run/schedule/epochs.js'
import type { Step } from '../../run/schedule/steps.js'
import type { StepPlace } from '../../run/steps/step-context.js'
import type { Thin } from '../../surgery/analysis/trunk.js'
import type { ExactCost } from '../../surgery/grow/widen-module.js'
import { scoredText } from '../tables/scored-growths.js'
import {
  bestEpochText,
  compact,
  counted,
  decimal,
  duration,
  lostText,
  percent,
  thousands,
} from '../text/numbers.js'
import { scarceText } from '../text/scarce-fits.js'
import { stopText } from '../text/stop-reason.js'
import { estimate, monotonicSeconds } from './estimate.js'
import type { Screen } from './screen.js'

export interface Progress {
  readonly onEvent: (event: RunEvent) => void
  readonly onStep: (stepped: StepProgress, place: StepPlace) => void
}

type Schedule = readonly Step[]

type EventOf<T extends RunEvent['_tag']> = Extract<RunEvent, { readonly _tag: T }>

const alignmentText = ({ holding95, features }: Alignment): string =>
  `, 95 % of class separation in ${holding95} of ${features} features`

const roundsText = (step: Step | undefined): string =>
  step?._tag === 'rounds' || step?._tag === 'regrow' ? ` of ${step.rounds}` : ''

const thinText = (thin: readonly Thin[]): string =>
  `\n  narrow: ${thin.map(({ at, channels, of }) => `${at} ${channels} of ${of} channels`).join(', ')}, through which every path goes; try a higher floor or a smaller cut`

/** masked 120 of 345 channels after epoch 3: 1.2 % of the others are not those of the epoch before */
const maskText = ({ epoch, masked, of, changed, last }: EventOf<'masked'>): string =>
  `masked ${thousands(masked)} of ${counted(of, 'channel')} after epoch ${epoch + 1}: ${percent(changed, 1)} of the others changed${last ? ', the last mask' : ''}`
const exactText = ({ widened, params, macs }: ExactCost): string =>
  `to be exact: ${widened.map(({ at, from, to }) => `${at} ${to} channels, not ${from}`).join(', ')}: ${thousands(params)} more parameters, ${compact(macs)} more MACs`

/** `null` for what a terminal has no room for. */
const eventLine = (schedule: Schedule, event: RunEvent): string | null => {
  switch (event._tag) {
    case 'stageBegan':
      return `step ${event.stage + 1} of ${schedule.length}: ${event.name}`
    case 'epoch':
      return `  epoch ${event.epoch + 1}: loss ${decimal(event.training.loss)}, training ${percent(event.training.accuracy)}, validation ${percent(event.validation.accuracy)}${event.alignment === undefined ? '' : alignmentText(event.alignment)}`
    case 'bestEpoch':
      return `  ${bestEpochText(event)}`
    case 'ranked':
    case 'featuresMeasured':
      return null
    case 'masked':
      return `  ${maskText(event)}`
    case 'pruned':
      return `  pruned ${counted(event.removed, 'channel')}: ${thousands(event.params)} parameters, ${compact(event.macs)} MACs, validation after the cut ${percent(event.raw.accuracy, 1)}${event.recalibrated ? `, recalibrated ${percent(event.repaired.accuracy, 1)}` : ''}${event.thin === undefined || event.removed === 0 ? '' : thinText(event.thin)}${event.scarce === undefined ? '' : `\n  ${scarceText(event.scarce)}`}`
    case 'roundEnded':
      return `  round ${event.round + 1}${roundsText(schedule[event.stage])} ${event.kept ? 'kept' : 'taken back'}: ${thousands(event.params)} parameters, ${compact(event.macs)} MACs, validation ${percent(event.validation.accuracy)}`
    case 'madeExact':
      return `  ${exactText(event)}`
    case 'growthsScored':
      return `  ${scoredText(event)}`
    case 'grown':
      return `  ${event.gain === null ? 'growing from' : 'grown'} ${event.name}${event.exact ? '' : ', not exactly'}: ${thousands(event.params)} parameters, ${compact(event.macs)} MACs, validation ${percent(event.validation.accuracy)}${event.gain === null ? '' : `, gain ${percent(event.gain)}`}`
    case 'roundsStopped':
      return `  stopped: ${stopText(event)}`
    case 'stageEnded':
      return `  ${event.result.name} done: ${thousands(event.result.params)} parameters, validation ${percent(event.result.validation.accuracy)}${event.result.lost === undefined ? '' : `, ${lostText(event.result.lost)}`}, ${duration(event.result.seconds)}`
  }
}

/** A line broken behind commas and colons into lines of at most `width` columns, all but the first indented. */
export const wrap = (width: number, line: string): string =>
  line.split(/(?<=[,:]) /).reduce((lines, part) => {
    const open = lines.slice(lines.lastIndexOf('\n') + 1)
    return open.length + 1 + part.length > width ? `${lines}\n    ${part}` : `${lines} ${part}`
  })

/** A moment from which speed is measured, and the images by then. */
interface Mark {
  readonly seconds: number
  readonly images: number
}

const turnTexts = ({ turns }: ScheduleProgress): readonly string[] =>
  turns.map(({ word, time, times }) => `${word} ${time + 1} of ${times}`)

/** Images a second since the first step shown of the epoch. */
const speedText = ({ images }: StepProgress['score'], began: Mark, now: number): readonly string[] =>
  images > began.images && now > began.seconds
    ? [`${thousands((images - began.images) / (now - began.seconds))} images/s`]
    : []

/**
 * Shows the progress of a run.
 *
 * `clock`: seconds of a monotonic clock
 */
export const progress = (screen: Screen, schedule: Schedule, clock = monotonicSeconds): Progress => {
  const total = epochsIn(schedule)
  let began: number | null = null
  let trained = 0
  let epoch: Mark | null = null
  return {
    onEvent: event => {
      epoch = null
      const line = eventLine(schedule, event)
      if (line !== null) screen.line(wrap(screen.width(), line))
    },
    onStep: (stepped, place) => {
      const now = clock()
      const { score, step, steps, epochs } = stepped
      epoch ??= { seconds: now, images: score.images }
      if (began === null) began = now
      else trained += 1 / steps
      const where = progressAt(schedule, place)
      const left = total - where.before - stepped.epoch - step / steps
      const overall = [...turnTexts(where), ...estimate(left, trained, now - began)]
      screen.bar({
        what: `epoch ${stepped.epoch + 1}/${epochs}`,
        share: step / steps,
        gauges: [
          `accuracy ${percent(accuracyOf(score))}`,
          `loss ${decimal(lossOf(score))}`,
          ...speedText(score, epoch, now),
          ...(overall.length > 0 ? [overall.join(', ')] : []),
        ],
      })
    },
  }
}
