/** Something long on its way, such as a file: a bar on a terminal, and nothing where there is none. */
import type { Report } from '../data/download.js'
import { grouped, percent, roughly } from './number.js'
import type { Screen } from './screen.js'

/** Seconds before an estimate of the time left is worth telling. */
const patience = 1

const steadily = (): number => performance.now() / 1000

/** `clock`: seconds of a steady clock */
export const fetching = (screen: Screen, clock = steadily): Report => {
  let began = { what: '', done: 0, seconds: 0 }
  return ({ what, done, total }) => {
    const now = clock()
    if (what !== began.what) began = { what, done, seconds: now }
    const [spent, since] = [now - began.seconds, done - began.done]
    const left = ((total - done) * spent) / since
    screen.bar({
      what,
      share: total > 0 ? Math.min(1, done / total) : null,
      gauges:
        total > 0
          ? [
              percent(done / total, 0),
              ...(spent >= patience && since > 0 ? [`about ${roughly(left)} left`] : []),
            ]
          : [grouped(done)],
    })
  }
}
