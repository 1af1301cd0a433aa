/** How fast an engine takes the steps of a phase: a few of the first are taken, and what they learn is thrown away. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../../engine/engine.js'
import { engineFailed, type LearnError } from '../error.js'
import { feedsOf, type Learner, type Phase, prepare } from './phase.js'

/** So many steps are timed at most, until so many milliseconds are over. */
const [most, budget] = [8, 800]

/** A step that takes so many times what another engine takes is slower, even one that starts threads and compiles. */
const clearly = 4

/**
 * Milliseconds of a training step, the fastest of a few: what else the machine does makes none faster. The first, which
 * prepares what the others use, is told only where it takes the whole time and is clearly slower than `other`, the
 * milliseconds of another engine.
 *
 * Law  the phase run afterwards is the phase run at once, bit for bit
 */
export const paceOn =
  (engine: Engine, other = Number.POSITIVE_INFINITY) =>
  (phase: Phase, learner: Learner): TE.TaskEither<LearnError, number> =>
    TE.bracket(
      engine.open(phase.calls),
      session =>
        TE.tryCatch(async () => {
          prepare(session, phase, learner)
          const feeds = feedsOf(phase)(await phase.training.batch(0, 0), 0)
          const began = performance.now()
          const step = (): number => {
            const from = performance.now()
            session.run('train', feeds)
            return performance.now() - from
          }
          const first = step()
          if (first > Math.max(budget, clearly * other)) return first
          const times = [step()]
          while (times.length < most && performance.now() - began < budget) times.push(step())
          return Math.min(...times)
        }, engineFailed(engine)),
      session => TE.fromIO(() => session.close()),
    )
