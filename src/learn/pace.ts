/** How fast an engine takes the steps of a phase: a few of the first are taken, and what they learn is thrown away. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../engine/engine.js'
import { broken, type LearnError } from './error.js'
import { feedsOf, type Learner, type Phase, prepare } from './phase.js'

/** A step is timed this often at most, in this many milliseconds; twice at least, since the first also prepares. */
const [most, budget] = [6, 800]

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN

/** Steps that take longer than this many times what another engine takes need no second look. */
const clearly = 4

/**
 * Milliseconds of a training step: the median without the first. Where that one takes clearly more than `other`, the
 * milliseconds of another engine, it is told alone.
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
          if (first > clearly * other) return first
          const times = [step()]
          while (times.length < most && performance.now() - began < budget) times.push(step())
          return median(times)
        }, broken(engine)),
      session => TE.fromIO(() => session.close()),
    )
