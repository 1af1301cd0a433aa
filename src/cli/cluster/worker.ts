/** `espalier worker --listen`: takes part in a training that another machine leads, and keeps nothing of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { type Address, addressText, isOfThisMachine } from '../../engine/cluster/address.js'
import { type Followed, followCluster } from '../../engine/cluster/follow.js'
import { type Answer, compareIdentity, type Invitation } from '../../engine/cluster/protocol.js'
import { decode } from '../../io/codec.js'
import { sameCommand } from '../../io/text/command-text.js'
import { renderMessage, type Stopped } from '../../report/text/render-message.js'
import type { RunError } from '../../run/error.js'
import type { Result } from '../../run/events.js'
import type { RunObserver } from '../../run/observer.js'
import { begin, resume } from '../../run/run.js'
import type { Experiment } from '../../run/schedule/experiment.js'
import { folderAt } from '../../run/storage/folder.js'
import { settingsOf } from '../../run/storage/settings.js'
import { openRun } from '../../run/storage/stored-run.js'
import { end } from '../exit.js'
import { openDataset } from '../resources.js'
import { loadFrom } from '../run-command.js'
import { announceStop, orInterrupted, type Stopper, stopper, withStopped } from '../signals.js'
import { say } from '../stderr.js'
import { identityOf, type Task, taskCodec } from './identity.js'

interface WorkerArguments {
  readonly listen: Address
  readonly data?: string
  readonly take?: number
  readonly seed?: number
  readonly from?: string
}

/** What a worker has got ready. */
interface Ready {
  readonly task: Task
  readonly dataset: Dataset
}

const taskOf = ({ task }: Invitation): E.Either<unknown, Task> =>
  pipe(
    E.tryCatch(() => JSON.parse(task) as unknown, E.toError), // JSON.parse gives any
    E.flatMap((json): E.Either<unknown, Task> => decode(taskCodec)(json)),
  )

/** What this worker would compute: as it is told, unless its own options say otherwise. */
const ownTask = (task: Task, { seed, take }: WorkerArguments): Task => ({
  ...task,
  seed: seed ?? task.seed,
  data: { ...task.data, ...(take !== undefined && { take }) },
})

/** Opens the data that the training has, and compares everything. */
const prepare =
  (experiment: Experiment, options: WorkerArguments, stop: Stopper, onReady: (ready: Ready) => void) =>
  async (invitation: Invitation): Promise<Answer> => {
    const told = taskOf(invitation)
    if (E.isLeft(told)) return { _tag: 'no', reason: 'its code is of another version' }
    const task = ownTask(told.right, options)
    const here = (checksum: string) => identityOf(experiment, { checksum }, task)
    const early = compareIdentity(invitation.identity, here(invitation.identity['data checksum'] ?? ''))
    if (early._tag !== 'yes') return early
    const folder = options.data === undefined ? {} : { folder: options.data }
    const opened = await openDataset(stop, task.seed, { ...task.data, ...folder })(experiment.data)()
    if (E.isLeft(opened)) return { _tag: 'no', reason: renderMessage(opened.left) }
    onReady({ task, dataset: opened.right })
    return compareIdentity(invitation.identity, here(opened.right.checksum))
  }

const observerOf = ({ stopping }: Followed, { mirror }: Task): RunObserver => ({
  onEvent: () => undefined,
  onStep: () => undefined,
  stopping,
  beside: false,
  mirror,
})

/** The same run as the first worker's, in a folder that is removed. */
const runIn =
  (folder: string, experiment: Experiment, file: string, { task, dataset }: Ready) =>
  (followed: Followed): TE.TaskEither<RunError, Result> => {
    const resources = { engine: followed.engine, dataset }
    const observer = observerOf(followed, task)
    if (!task.resumes) {
      const settings = settingsOf(task.seed, followed.engine, dataset, task.data, file)
      return begin(folder, settings, resources, observer)(experiment)
    }
    const parts = folderAt(folder)
    for (const part of [parts.experiment, parts.settings, parts.events, parts.checkpoint])
      writeFileSync(part, followed.files[part.slice(join(folder, '/').length)] ?? '')
    return pipe(
      openRun(folder),
      TE.flatMap(run => resume(run, resources, observer, { experiment })),
    )
  }

/** Ends well too where all workers have agreed to stop. */
const takePart =
  (experiment: Experiment, file: string, ready: Ready) =>
  (followed: Followed): TE.TaskEither<RunError, string> =>
  async () => {
    const { leader, rank, servers } = followed.invitation
    say(`in the run of ${leader}, worker ${rank + 1} of ${servers.length}`)
    const folder = mkdtempSync(join(tmpdir(), 'espalier-worker-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const outcome = await runIn(folder, experiment, file, ready)(followed)()
    if (E.isLeft(outcome) && outcome.left._tag === 'EngineFailed')
      return E.left(await followed.explain(outcome.left))
    await followed.end()
    if (E.isRight(outcome)) return E.right(`the run of ${leader} has ended`)
    return outcome.left._tag === 'Interrupted' ? E.right(`the run of ${leader} was stopped`) : outcome
  }

const follow = (
  file: string,
  experiment: Experiment,
  options: WorkerArguments,
): TE.TaskEither<RunError | Stopped, string> => {
  const stop = stopper()
  let ready: Ready | null = null
  const { listen } = options
  const onListening = () => {
    say(`listening at ${addressText(listen)} for a training with --cluster`)
    if (!isOfThisMachine(listen))
      say(
        `whoever reaches port ${listen.port} or ${listen.port + 1} there is trusted: keep them on a private network`,
      )
  }
  return pipe(
    followCluster({
      address: listen,
      onListening,
      prepare: prepare(experiment, options, stop, got => {
        ready = got
      }),
      asksToStop: stop.stopping,
    }),
    TE.mapLeft((error): RunError => error),
    orInterrupted(stop),
    TE.tapIO(() => () => announceStop(stop)),
    TE.flatMap(followed => takePart(experiment, file, ready as unknown as Ready)(followed)), // it was, before the run began
    withStopped(stop, () => sameCommand('worker')),
  )
}

/** The server of TensorFlow ends with the process alone. */
export const clusterWorker = async (file: string, options: WorkerArguments): Promise<void> => {
  await end(
    pipe(
      loadFrom(file, options.from === undefined ? {} : { from: options.from }),
      TE.flatMap(experiment => follow(file, experiment, options)),
    ),
    say,
  )
  process.exit()
}
