/** What records runs beside their folders, as the options of a command ask for it. */
import { basename, dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { commandText } from '../io/text/command-text.js'
import { type NoAddress, parseAddress } from '../report/mlflow/address.js'
import type { RemoteNames } from '../report/mlflow/remote-run.js'
import { mlflow } from '../report/mlflow/tracker.js'
import { tensorBoard } from '../report/tensorboard/board.js'
import { type Fact, renderMessage } from '../report/text/render-message.js'
import { type Ending, type Recorder, together } from '../report/tracking/recorder.js'
import type { StoredRun } from '../run/storage/stored-run.js'
import { say } from './stderr.js'

export interface RecordArguments {
  readonly tensorboard?: boolean
  readonly mlflow?: string
}

/** A run by itself: an experiment for each net, a run called as its folder. */
export const nameOfNet = ({ experiment, folder: { path } }: StoredRun): RemoteNames => ({
  experiment: experiment.net.name,
  run: basename(path),
})

/** A run of a study, whose folder is that of a seed in that of its variant. */
export const nameInStudy =
  (study: string) =>
  ({ folder: { path } }: StoredRun): RemoteNames => ({
    experiment: study,
    run: join(basename(dirname(path)), basename(path)),
  })

const sayNote = (note: Fact): void => say(renderMessage(note))

const mlflowAt = (
  text: string,
  namesOf: (run: StoredRun) => RemoteNames,
): E.Either<NoAddress, readonly Recorder[]> =>
  pipe(
    parseAddress(text),
    E.map(address => [
      mlflow({
        address,
        namesOf,
        nextCommand: folder => commandText('resume', folder, '--mlflow', address.server),
        onNote: sayNote,
      }),
    ]),
  )

/** None where no option asks for one. Errors  NoAddress */
export const recorderFor = (
  { tensorboard = false, mlflow: address }: RecordArguments,
  namesOf: (run: StoredRun) => RemoteNames,
): E.Either<NoAddress, Recorder> =>
  pipe(
    address === undefined ? E.right([]) : mlflowAt(address, namesOf),
    E.map(trackers => together([...(tensorboard ? [tensorBoard(sayNote)] : []), ...trackers])),
  )

/** Errors  NoAddress */
export const checkAddress = ({ mlflow: address }: RecordArguments): E.Either<NoAddress, void> =>
  address === undefined
    ? E.right(undefined)
    : pipe(
        parseAddress(address),
        E.map(() => undefined),
      )

/** The same, where the address was checked when the command began. */
export const recorderOrNone = (
  options: RecordArguments,
  namesOf: (run: StoredRun) => RemoteNames,
): Recorder =>
  pipe(
    recorderFor(options, namesOf),
    E.getOrElse(() => together([])),
  )

const endingOf = (outcome: E.Either<{ readonly _tag: string }, unknown>): Ending =>
  E.isRight(outcome) ? 'finished' : outcome.left._tag === 'Interrupted' ? 'killed' : 'failed'

/** A run, and then its recorder's end. */
export const recorded =
  ({ end }: Recorder) =>
  <Err extends { readonly _tag: string }, A>(run: TE.TaskEither<Err, A>): TE.TaskEither<Err, A> =>
    pipe(
      run,
      T.tap(outcome => end(endingOf(outcome))),
    )
