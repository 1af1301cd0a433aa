/** Records runs on an MLflow server, beside their folders: what the server does not take waits, and training never does. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Result } from '../../run/events.js'
import { readResult } from '../../run/storage/result.js'
import type { StoredRun } from '../../run/storage/stored-run.js'
import {
  countEvent,
  countEvents,
  type Done,
  type Measure,
  measuresOf,
  nothingDone,
} from '../tracking/measures.js'
import type { Ending, Recorder } from '../tracking/recorder.js'
import type { Address } from './address.js'
import { uploadArtifacts } from './artifacts.js'
import type { TrackingFault, TrackingNote } from './error.js'
import { type Outbox, outboxTo } from './outbox.js'
import { type OpenedRun, openRemote, type RemoteNames } from './remote-run.js'
import { pageOf, type Status, setStatus } from './service.js'

export interface TrackerOptions {
  readonly address: Address
  /** How a run is called on the server. */
  readonly namesOf: (run: StoredRun) => RemoteNames
  /** The command that sends what is missing of the run in a folder. */
  readonly nextCommand: (folder: string) => string
  readonly onNote: (note: TrackingNote) => void
}

/** A run on its way to the server. */
interface Tracked {
  readonly run: StoredRun
  readonly outbox: Outbox
  /** `null` until the server has it. */
  opened: OpenedRun | null
  done: Done
  isAway: boolean
  sending: Promise<void> | null
}

type Sent<A> = TE.TaskEither<TrackingFault, A>

const open = (tracked: Tracked, { address, namesOf, onNote }: TrackerOptions): Sent<OpenedRun> =>
  tracked.opened !== null
    ? TE.right(tracked.opened)
    : pipe(
        openRemote(tracked.run, address, namesOf(tracked.run)),
        TE.tapIO(opened => () => {
          tracked.opened = opened
          onNote({ _tag: 'Tracked', page: pageOf(address, opened.remote) })
        }),
      )

/** Sends what waits. */
const send = (tracked: Tracked, options: TrackerOptions): Sent<OpenedRun> =>
  pipe(open(tracked, options), TE.tap(tracked.outbox.send))

const noteBack = (tracked: Tracked, { address: { server }, onNote }: TrackerOptions): void => {
  if (tracked.isAway) onNote({ _tag: 'TrackingBack', server })
  tracked.isAway = false
}

/** The first of several failures in a row is told. */
const noteAway = (
  tracked: Tracked,
  { address: { server }, onNote }: TrackerOptions,
  fault: TrackingFault,
) => {
  if (!tracked.isAway) onNote({ _tag: 'TrackingAway', server, fault })
  tracked.isAway = true
}

/** Sends in the background what waits, one request after another. */
const kick = (tracked: Tracked, options: TrackerOptions): void => {
  tracked.sending ??= send(tracked, options)().then(sent => {
    tracked.sending = null
    if (E.isLeft(sent)) return noteAway(tracked, options, sent.left)
    noteBack(tracked, options)
    if (!tracked.outbox.isEmpty()) kick(tracked, options)
  })
}

const statuses: { readonly [E in Ending]: Status } = {
  finished: 'FINISHED',
  failed: 'FAILED',
  killed: 'KILLED',
}

const lastMeasures = (step: number, { test, seconds, trainingMacs }: Result): readonly Measure[] => [
  { tag: 'test/accuracy', step, value: test.accuracy },
  { tag: 'test/loss', step, value: test.loss },
  { tag: 'seconds', step, value: seconds },
  ...(trainingMacs === undefined ? [] : [{ tag: 'training_macs', step, value: trainingMacs }]),
]

/** What is known once a run has finished. */
const addResult = ({ run, done, outbox }: Tracked): T.Task<void> =>
  pipe(
    readResult(run.folder.result),
    T.map(
      E.match(
        () => undefined,
        result => outbox.add(lastMeasures(done.epochs, result)),
      ),
    ),
  )

/** The last there is to send: all that waits, the files, and how the run ended. */
const finish = (tracked: Tracked, options: TrackerOptions, ending: Ending): Sent<void> =>
  pipe(
    ending === 'finished' ? TE.fromTask(addResult(tracked)) : TE.right(undefined),
    TE.flatMap(() => send(tracked, options)),
    TE.tap(({ remote }) =>
      ending === 'finished' ? uploadArtifacts(options, remote, tracked.run.folder) : TE.right(undefined),
    ),
    TE.flatMap(({ remote }) => setStatus(options.address, remote, statuses[ending])),
  )

/** Ends with one line where something has not got there. */
const end = (tracked: Tracked, options: TrackerOptions, ending: Ending): T.Task<void> => {
  const { address, nextCommand, onNote } = options
  return async () => {
    while (tracked.sending !== null) await tracked.sending // the next may have begun by then
    const finished = await finish(tracked, options, ending)()
    if (E.isRight(finished)) return noteBack(tracked, options)
    const next = nextCommand(tracked.run.folder.path)
    onNote({ _tag: 'TrackingBehind', server: address.server, fault: finished.left, next })
  }
}

/** A recorder of runs, one after another. Law  it awaits the server only at the end of a run, and there in bounded time */
export const mlflow = (options: TrackerOptions): Recorder => {
  let tracked: Tracked | null = null
  return {
    begin: (run, events) => async () => {
      const counted = countEvents(events)
      const outbox = outboxTo(options.address)
      outbox.add(counted.flatMap(measuresOf))
      const done = counted.at(-1)?.[0] ?? nothingDone
      tracked = { run, outbox, opened: null, done, isAway: false, sending: null }
      kick(tracked, options)
    },
    event: event => {
      if (tracked === null) return
      tracked.done = countEvent(tracked.done, event)
      tracked.outbox.add(measuresOf([tracked.done, event]))
      if (!tracked.outbox.isEmpty()) kick(tracked, options)
    },
    end: ending => async () => {
      const last = tracked
      tracked = null
      if (last !== null) await end(last, options, ending)()
    },
  }
}
