/** How a command ends: its exit code, and one line on stderr where it failed. */

import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { messageOf } from '../io/exception.js'
import { type Fact, renderMessage } from '../report/text/render-message.js'
import { endBy } from './signals.js'
import { say, screen } from './stderr.js'

/** The exit code of a job stopped by its parent, which prints the message. */
export const interrupted = 130

const isDebugging = (): boolean => process.argv.includes('--debug')

/** Details of a fact: the stack of its exception, or else its fields. */
const details = (fact: Fact): string =>
  'stack' in fact && fact.stack !== undefined ? fact.stack : JSON.stringify(fact, null, 2)

const fail = (fact: Fact, code: number): void => {
  process.exitCode = code
  say(`espalier: ${renderMessage(fact)}`)
  if (isDebugging()) say(details(fact))
}

/**
 * Runs a command's effect to its end; `then` prints the result, `codeOf` gives the exit code of a failure. After a signal
 * the process exits at once.
 */
export const end = async <A>(
  task: TaskEither<Fact, A>,
  then: (result: A) => void,
  codeOf: (fact: Fact) => number = () => 1,
): Promise<void> => {
  try {
    const outcome = await task()
    screen.close()
    if (E.isRight(outcome)) return then(outcome.right)
    const { left } = outcome
    if (left._tag === 'Interrupted') process.exit(interrupted)
    if (left._tag !== 'Stopped') return fail(left, codeOf(left))
    say(renderMessage(left))
    endBy(left.signal)
  } catch (defect) {
    screen.close()
    process.exitCode = 1
    const message = messageOf(defect)
    say(`espalier: ${isDebugging() && defect instanceof Error ? defect.stack : message}`)
  }
}
