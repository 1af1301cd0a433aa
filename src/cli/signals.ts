/** Signals: the first asks a command to stop where it can be resumed, a later one ends it at once. */
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Stopped } from '../report/text/render-message.js'
import { say, screen } from './stderr.js'

/** Ctrl-C; Slurm, docker and Kubernetes; a terminal that is closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** Milliseconds in which a repeated signal counts as the same: `timeout` and others send it twice. */
const echo = 500

export interface Stopper {
  /** Whether a signal has come. */
  readonly stopping: () => boolean
  /** The first signal, once it comes. */
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

/** Asks to stop once the parent process has ended or disconnected. */
const onDisconnect = (ask: (signal: Signal) => void): void => {
  if (process.connected === false) ask('SIGHUP')
  process.once('disconnect', () => ask('SIGHUP'))
  process.channel?.unref()
}

/**
 * Listens for signals from now on. Work that cannot stop after a step should begin before: without a listener a signal
 * ends the process whatever it does.
 *
 * `job`: one of several processes of a command, which stops when the command disconnects
 */
export const stopper = ({ job = false } = {}): Stopper => {
  let first: Signal | null = null
  const asked = new Promise<Signal>(resolve => {
    const ask = (signal: Signal) => {
      first ??= signal
      resolve(first)
      setTimeout(() => {
        for (const name of signals) process.off(name, ask)
      }, echo).unref()
    }
    for (const name of signals) process.on(name, ask)
    if (job) onDisconnect(ask)
  })
  return { asked, stopping: () => first !== null }
}

/** On the first signal, prints that the command will stop, and removes the bar. */
export const announceStop = ({ asked }: Stopper): void =>
  void asked.then(() => {
    screen.close()
    say('stopping after this step; once more stops at once')
  })

/** Calls `end` on a second signal that is no echo of the first. */
export const whenAskedAgain = ({ asked }: Stopper, end: () => void): void =>
  void asked.then(() =>
    setTimeout(() => {
      for (const name of signals) process.once(name, end)
    }, echo).unref(),
  )

/** The task, or `Interrupted` on a signal: for tasks that have nothing to save. */
export const orInterrupted =
  ({ asked }: Stopper) =>
  <Err, A>(task: TE.TaskEither<Err, A>): TE.TaskEither<Err | Interrupted, A> =>
    T.getRaceMonoid<E.Either<Err | Interrupted, A>>().concat(task, () =>
      asked.then(() => E.left({ _tag: 'Interrupted' })),
    )

/** Turns `Interrupted` into `Stopped`, with the signal and the command that resumes. */
export const withStopped =
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
