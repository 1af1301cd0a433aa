/** The target of a run beside what it reached, and why they differ. */
import type { RunRecord } from '../../run/review/record.js'
import { countsOf } from '../../run/schedule/counts.js'
import type { Step } from '../../run/schedule/steps.js'
import { percent, thousands } from '../text/numbers.js'
import { stopText } from '../text/stop-reason.js'

/** Steps and the steps inside them. */
const allSteps = (steps: readonly Step[]): readonly Step[] =>
  steps.flatMap(step => ('steps' in step ? [step, ...allSteps(step.steps)] : [step]))

type Cut = Omit<Extract<Step, { readonly _tag: 'prune' }>, '_tag'>

/** The cut of a step, of its own or inside its training. */
const cutsIn = (step: Step): readonly Cut[] => {
  const cut = step._tag === 'train' ? step.prune : step._tag === 'prune' ? step : undefined
  return cut === undefined ? [] : [cut]
}

type Target = NonNullable<Cut['target']>

const targetsOf = (steps: readonly Step[]): readonly Target[] =>
  allSteps(steps).flatMap(step =>
    (step._tag === 'rounds' ? [step] : cutsIn(step)).flatMap(({ target }) => target ?? []),
  )

const measures = { params: 'parameters', macs: 'MACs', bytes: 'bytes of weights' } as const

const isMeasure = (name: string): name is keyof typeof measures => Object.hasOwn(measures, name)

/** What options hold channels back, by name. */
const limitsOf = (steps: readonly Step[]): readonly string[] => [
  ...new Set(
    allSteps(steps)
      .flatMap(cutsIn)
      .flatMap(({ floor, minChannels, roundTo, freeze, ignore }) => [
        ...(floor > 0 ? [`floor ${floor}`] : []),
        ...(minChannels > 0 ? [`minChannels ${minChannels}`] : []),
        ...(roundTo !== 'auto' && roundTo > 1 ? [`roundTo ${roundTo}`] : []),
        ...(freeze.length > 0 ? ['freeze'] : []),
        ...(ignore.length > 0 ? ['ignore'] : []),
      ]),
  ),
]

const targetText = (target: Target): string => {
  if ('eta' in target) return `a threshold of ${target.eta} standard deviations`
  const [amount, share] = 'keep' in target ? [target.keep, true] : [target.atMost, false]
  const [[name = '', figure = 0] = []] = Object.entries(amount)
  const what = isMeasure(name) ? measures[name] : 'milliseconds an image'
  return share ? `${percent(figure)} of the ${what}` : `at most ${thousands(figure)} ${what}`
}

const reachedText = ({ nets: { original, now } }: RunRecord): string => {
  const [before, after] = [countsOf(original ?? now), countsOf(now)]
  return `${percent(after.params / before.params)} of the parameters (${thousands(after.params)} of ${thousands(before.params)}) and ${percent(after.macs / before.macs)} of the MACs`
}

/** Sentences; none where the schedule has no target. */
export const targetLines = (record: RunRecord): readonly string[] => {
  const { experiment, nets, result } = record
  const [target] = targetsOf(experiment.schedule)
  if (target === undefined || nets.original === null) return []
  const limits = limitsOf(experiment.schedule)
  const stops = (result?.stages ?? []).flatMap(({ stopped }) =>
    stopped === undefined ? [] : [stopText(stopped)],
  )
  return [
    `Target: ${targetText(target)}. Reached: ${reachedText(record)}.`,
    `Channels go whole and in groups, so a cut ends a little below its target${limits.length === 0 ? '' : `; ${limits.join(', ')} held channels back`}.`,
    ...stops.map(stop => `Stopped early: ${stop}.`),
  ]
}
