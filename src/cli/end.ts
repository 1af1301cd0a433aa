/** How a command ends: its exit code, and one line on stderr where it failed. */

import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type Fact, prose } from '../report/prose.js'

/** As shells have it for a program stopped by Ctrl-C. */
export const interrupted = 130

const debugging = (): boolean => process.argv.includes('--debug')

/** What is behind a fact: the stack of the exception it came from, else all that is known. */
const behind = (fact: Fact): string =>
  'stack' in fact && fact.stack !== undefined ? fact.stack : JSON.stringify(fact, null, 2)

/** Runs a command's effect to its end; `then` prints what came of it. */
export const end = async <A>(task: TaskEither<Fact, A>, then: (result: A) => void): Promise<void> => {
  try {
    const outcome = await task()
    if (E.isRight(outcome)) return then(outcome.right)
    process.stderr.write(`espalier: ${prose(outcome.left)}\n`)
    if (debugging()) process.stderr.write(`${behind(outcome.left)}\n`)
    process.exitCode = outcome.left._tag === 'Interrupted' ? interrupted : 1
  } catch (defect) {
    process.exitCode = 1
    const message = defect instanceof Error ? defect.message : String(defect)
    process.stderr.write(`espalier: ${debugging() && defect instanceof Error ? defect.stack : message}\n`)
  }
}
