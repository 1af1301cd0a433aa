/** The progress of a study: a line for each run, and on a terminal a bar with the time that is left of all. */
import { sumBy } from '../../io/count.js'
import { accuracyOf } from '../../learn/evaluation/score.js'
import type { RunObserver } from '../../run/observer.js'
import { epochsIn, progressAt } from '../../run/schedule/epochs.js'
import { train } from '../../run/schedule/schedule.js'
import type { Step } from '../../run/schedule/steps.js'
import type { StudyContext } from '../../run/study/runner.js'
import type { Study } from '../../run/study/study.js'
import { percent } from '../text/numbers.js'
import { estimate, monotonicSeconds } from './estimate.js'
import { wrap } from './progress.js'
import type { Screen } from './screen.js'

export type StudyProgress = Pick<StudyContext, 'onCell'> & Pick<RunObserver, 'onStep'>

type Schedule = readonly Step[]

/** The schedules of a study's runs in their order; from scratch a net trains for as many epochs as its variant. */
export const schedulesOf = ({ variants }: Study, seeds: readonly number[]): readonly Schedule[] =>
  seeds.flatMap(() =>
    variants.flatMap(({ experiment: { schedule }, scratch }) =>
      scratch ? [schedule, [{ ...train(), epochs: epochsIn(schedule) }]] : [schedule],
    ),
  )

/** `clock`: seconds of a monotonic clock */
export const studyProgress = (
  screen: Screen,
  schedules: readonly Schedule[],
  clock = monotonicSeconds,
): StudyProgress => {
  const epochsFrom = (nth: number): number => sumBy(schedules.slice(nth), epochsIn)
  let [begun, trained] = [0, 0]
  let began: number | null = null
  return {
    onCell: (variant, seed, done) => {
      begun++
      screen.line(
        wrap(
          screen.width(),
          `${begun} of ${schedules.length}: ${variant}, seed ${seed}${done ? ' (done)' : ''}`,
        ),
      )
    },
    onStep: ({ score, step, steps, epoch, epochs }, place) => {
      const now = clock()
      if (began === null) began = now
      else trained += 1 / steps
      const { before } = progressAt(schedules[begun - 1] ?? [], place)
      const left = epochsFrom(begun - 1) - before - epoch - step / steps
      screen.bar({
        what: `run ${begun}/${schedules.length}, epoch ${epoch + 1}/${epochs}`,
        share: step / steps,
        gauges: [`accuracy ${percent(accuracyOf(score))}`, ...estimate(left, trained, now - began)],
      })
    },
  }
}
