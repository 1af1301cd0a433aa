/** Effects as promises, for code written with `await`. It knows nothing of nets, data or engines. */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type Fact, renderMessage } from '../report/text/render-message.js'

/** A fact as an error: the message is for people, `fact` for programs, and kept out of what Node prints. */
export class EspalierError extends Error {
  override readonly name = 'EspalierError'
  readonly #fact: Fact

  constructor(fact: Fact) {
    super(renderMessage(fact))
    this.#fact = fact
  }

  get fact(): Fact {
    return this.#fact
  }
}

/**
 * Runs an effect, or unpacks a result, and gives its value.
 *
 * Errors  rejects with an `EspalierError` whose message is the fact in one line
 *
 * @example
 * import { train } from 'espalier/learn'
 * const planted = await run(init(0)(tiny))
 * const learner = await run(train({ epochs: 1 })({ engine, dataset, seed: 0 })(planted))
 * console.error(countParams(learner.model))
 */
export const run = async <A>(effect: E.Either<Fact, A> | TaskEither<Fact, A>): Promise<A> => {
  const outcome = typeof effect === 'function' ? await effect() : effect
  if (E.isLeft(outcome)) throw new EspalierError(outcome.left)
  return outcome.right
}

/**
 * Ends a script that failed: its message on stderr, exit code 1. A defect keeps its stack.
 *
 * @example
 * await run(openEngine('wasm')).catch(reportFailure)
 */
export const reportFailure = (reason: unknown): void => {
  process.exitCode = 1
  console.error(reason instanceof EspalierError ? reason.message : reason)
}
