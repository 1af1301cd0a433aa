/** The speed of an engine on a phase: a few steps are timed, and their weights are discarded. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { closeSession, type Engine } from '../../engine/engine.js'
import { engineFailed, type LearnError } from '../error.js'
import { feedsOf } from '../training/feeds.js'
import type { Learner } from '../training/learner.js'
import type { Phase } from '../training/phase.js'
import { prepare } from '../training/training-loop.js'

/** At most so many steps are timed, for about so many milliseconds. */
const [mostSteps, budget] = [8, 800]

/** A first step so many times as long as another engine's is slower, though it starts threads and compiles. */
const clearlySlower = 4

/**
 * Milliseconds of a training step: the fastest of a few, since other work on the machine only slows steps down. The first
 * step, which also starts threads and compiles, counts only where it uses up the budget and is clearly slower than
 * `other`, the milliseconds of another engine.
 *
 * Law  the phase run afterwards is the phase run at once, bit for bit
 */
export const measureStepTime =
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
          if (first > Math.max(budget, clearlySlower * other)) return first
          const times = [step()]
          while (times.length < mostSteps && performance.now() - began < budget) times.push(step())
          return Math.min(...times)
        }, engineFailed(engine)),
      closeSession,
    )
