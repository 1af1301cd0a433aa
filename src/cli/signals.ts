/** How signals reach a command: the first asks it to stop where it can go on from, a later one ends it at once. */
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Stopped } from '../report/text/messages.js'
import { say, screen } from './stderr.js'

/** Ctrl-C; Slurm, docker and Kubernetes; a terminal that is closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** Milliseconds in which a signal may come again and is still the same: `timeout` and others send it twice. */
const echo = 500

export interface Stopper {
  /** Whether somebody has asked. */
  readonly stopping: () => boolean
  /** By which signal, once somebody does. */
  readonly asked: Promise<Signal>
}

interface Interrupted {
  readonly _tag: 'Interrupted'
}

const terminals = [0, 1, 2].filter(isatty)

/**
 * Ends the process with the code shells have for one that the signal ended. From a terminal that has hung up Node cannot
 * exit, it aborts: there the process does die of the signal.
 */
export const endBy = (signal: NodeJS.Signals): never => {
  if (!terminals.every(isatty)) {
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  }
  process.exit(128 + constants.signals[signal])
}

/** Asks once the process that started this one is no longer there, or hangs up. */
const whenLeft = (ask: (signal: Signal) => void): void => {
  if (process.connected === false) ask('SIGHUP')
  process.once('disconnect', () => ask('SIGHUP'))
  process.channel?.unref()
}

/**
 * Listens from now on. What has no step to stop after is better not begun yet: only a program nobody listens in ends
 * whatever it does.
 *
 * `job`: one of several processes of a command, which hears of signals by losing touch with it
 */
export const stopper = ({ job = false } = {}): Stopper => {
  let asker: Signal | null = null
  const asked = new Promise<Signal>(resolve => {
    const ask = (signal: Signal) => {
      asker ??= signal
      resolve(asker)
      setTimeout(() => {
        for (const name of signals) process.off(name, ask)
      }, echo).unref()
    }
    for (const name of signals) process.on(name, ask)
    if (job) whenLeft(ask)
  })
  return { asked, stopping: () => asker !== null }
}

/** Says that it will stop, and that no bar is drawn any more. */
export const announceStop = ({ asked }: Stopper): void =>
  void asked.then(() => {
    screen.close()
    say('stopping after this step; once more stops at once')
  })

/** When a signal comes that is no echo of the first. */
export const whenAskedAgain = ({ asked }: Stopper, end: () => void): void =>
  void asked.then(() =>
    setTimeout(() => {
      for (const name of signals) process.once(name, end)
    }, echo).unref(),
  )

/** The task, or `Interrupted` as soon as somebody asks: for one that leaves nothing worth saving. */
export const orInterrupted =
  ({ asked }: Stopper) =>
  <Err, A>(task: TE.TaskEither<Err, A>): TE.TaskEither<Err | Interrupted, A> =>
    T.getRaceMonoid<E.Either<Err | Interrupted, A>>().concat(task, () =>
      asked.then(() => E.left({ _tag: 'Interrupted' })),
    )

/** Says of a task that was interrupted by which signal, and how to go on. */
export const tellStop =
  ({ asked }: Stopper, next: () => string | null) =>
  <Err extends { readonly _tag: string }, A>(task: TE.TaskEither<Err, A>): TE.TaskEither<Err | Stopped, A> =>
    pipe(
      task,
      TE.orElse(
        (error): TE.TaskEither<Err | Stopped, A> =>
          error._tag === 'Interrupted'
            ? TE.leftTask(() => asked.then(signal => ({ _tag: 'Stopped', signal, next: next() })))
            : TE.left(error),
      ),
    )
