/** The progress of a download: a bar on a terminal, and nothing elsewhere. */
import type { Report } from '../../data/download.js'
import { percent, thousands } from '../text/numbers.js'
import { estimate, monotonicSeconds } from './estimate.js'
import type { Screen } from './screen.js'

/** `clock`: seconds of a steady clock */
export const downloadProgress = (screen: Screen, clock = monotonicSeconds): Report => {
  let began = { what: '', done: 0, seconds: 0 }
  return ({ what, done, total }) => {
    const now = clock()
    if (what !== began.what) began = { what, done, seconds: now }
    const share = total > 0 ? Math.min(1, done / total) : null
    const gauges =
      share === null
        ? [thousands(done)]
        : [percent(share, 0), ...estimate(total - done, done - began.done, now - began.seconds)]
    screen.bar({ what, share, gauges })
  }
}
