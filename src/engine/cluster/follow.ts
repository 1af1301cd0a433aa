/** A worker beside the first: listens until it is invited, and takes part in the run. */
import type { Worker } from 'node:worker_threads'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decode } from '../../io/codec.js'
import type { Engine, EngineError } from '../engine.js'
import { openWorker } from '../tensorflow/cluster.js'
import { addonFile } from '../tensorflow/load.js'
import { type Address, addressText, serverOf } from './address.js'
import { type Deferred, deferred, within } from './deferred.js'
import { requirePort } from './own-address.js'
import { type Answer, type Invitation, invitationCodec } from './protocol.js'
import { requireServer } from './reach.js'
import { shareEngine } from './share-engine.js'
import { type Heard, listenThread, type Told } from './threads.js'

export interface FollowOptions {
  readonly address: Address
  /** Called once it listens. */
  readonly onListening: () => void
  /** Whether this worker can take part; it gets ready meanwhile. */
  readonly prepare: (invitation: Invitation) => Promise<Answer>
  readonly asksToStop: () => boolean
}

/** What a worker has joined. */
export interface Followed {
  readonly invitation: Invitation
  readonly engine: Engine
  /** Files it was sent, by name. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Whether the workers have agreed to stop. */
  readonly stopping: () => boolean
  /** The error of a call that failed: that the first worker is lost, where it is. */
  readonly explain: (error: EngineError) => Promise<EngineError>
  /** Tells the first worker that this one has ended. */
  readonly end: () => Promise<void>
}

/** Milliseconds after a failed call in which it is known whether the first worker is lost. */
const mostDoubt = 9000

/** Milliseconds in which the first worker asks whether this one has ended. */
const mostEnding = 10_000

/** A worker and what it has been told so far. */
interface Conversation {
  readonly options: FollowOptions
  readonly thread: Worker
  readonly files: Map<string, Uint8Array>
  /** The first worker asks no more. */
  readonly silence: Deferred<true>
  /** The first worker has ended, and asks whether this one has. */
  readonly asked: Deferred<true>
  readonly ended: Deferred<Answer>
  /** What the run is, or why there is none. */
  readonly begun: Deferred<E.Either<EngineError, Followed>>
  invitation: Invitation | null
}

const yes: Answer = { _tag: 'yes' }

const tell = ({ thread }: Conversation, told: Told): void => thread.postMessage(told)

const parse = (body: Uint8Array): E.Either<unknown, Invitation> =>
  pipe(
    E.tryCatch(() => JSON.parse(Buffer.from(body).toString('utf8')) as unknown, E.toError), // JSON.parse gives any
    E.flatMap((json): E.Either<unknown, Invitation> => decode(invitationCodec)(json)),
  )

const join = async (conversation: Conversation, body: Uint8Array): Promise<Answer> => {
  if (conversation.invitation !== null) return { _tag: 'busy', leader: conversation.invitation.leader }
  const parsed = parse(body)
  if (E.isLeft(parsed)) return { _tag: 'no', reason: 'its code is of another version' }
  conversation.invitation = parsed.right
  const answer = await conversation.options.prepare(parsed.right)
  if (answer._tag !== 'yes') conversation.invitation = null
  return answer
}

const end = async (conversation: Conversation): Promise<void> => {
  tell(conversation, { _tag: 'forget' })
  conversation.ended.resolve(yes)
  await within(mostEnding, Promise.race([conversation.asked.promise, conversation.silence.promise]))
  await conversation.thread.terminate()
}

const followedOf = (conversation: Conversation, invitation: Invitation, engine: Engine): Followed => {
  let stops = false
  const share = shareEngine({
    ...{ rank: invitation.rank, workers: invitation.servers.length },
    syncBatchNorm: invitation.syncBatchNorm,
    asksToStop: conversation.options.asksToStop,
    onStop: () => {
      stops = true
    },
  })
  return {
    invitation,
    engine: share(engine),
    files: Object.fromEntries(conversation.files),
    stopping: () => stops,
    explain: async error =>
      (await within(mostDoubt, conversation.silence.promise)) === null
        ? error
        : { _tag: 'LeaderLost', address: invitation.leader },
    end: () => end(conversation),
  }
}

const reasonOf = (error: EngineError): string => {
  const reason = 'reason' in error ? error.reason : error._tag
  return error._tag === 'NotReached' ? `${error.address}: ${reason}` : reason
}

const openServer = (
  { options }: Conversation,
  { servers, rank, threads }: Invitation,
): TE.TaskEither<EngineError, Engine> =>
  pipe(
    requireServer(servers[0] ?? ''),
    TE.mapLeft((error): EngineError => error),
    TE.flatMapEither(() => openWorker({ addresses: servers, host: options.address.host, rank, threads })),
  )

const start = async (conversation: Conversation, invitation: Invitation): Promise<Answer> => {
  const engine = await openServer(conversation, invitation)()
  conversation.begun.resolve(
    pipe(
      engine,
      E.map(opened => followedOf(conversation, invitation, opened)),
    ),
  )
  if (E.isLeft(engine)) return { _tag: 'no', reason: reasonOf(engine.left) }
  tell(conversation, { _tag: 'watch', run: invitation.run })
  return yes
}

const answerTo = async (conversation: Conversation, url: string, body: Uint8Array): Promise<Answer> => {
  if (url === '/join') return join(conversation, body)
  const { invitation, files, asked, ended } = conversation
  if (invitation === null) return { _tag: 'no', reason: 'it has not joined' }
  if (url === '/start') return start(conversation, invitation)
  if (url.startsWith('/file/')) files.set(decodeURIComponent(url.slice('/file/'.length)), body)
  if (url !== '/end') return yes
  asked.resolve(true)
  return ended.promise
}

const answer = async (
  conversation: Conversation,
  id: number,
  url: string,
  body: Uint8Array,
): Promise<void> => {
  const given = await answerTo(conversation, url, body).catch(
    (reason: unknown): Answer => ({ _tag: 'no', reason: String(reason) }),
  )
  tell(conversation, { _tag: 'answer', id, status: 200, body: JSON.stringify(given) })
}

const hear = (conversation: Conversation, heard: Heard): void => {
  const { options, silence, begun } = conversation
  const address = addressText(options.address)
  if (heard._tag === 'listening') options.onListening()
  else if (heard._tag === 'silent') silence.resolve(true)
  else if (heard._tag === 'request') void answer(conversation, heard.id, heard.url, heard.body)
  else begun.resolve(E.left({ _tag: 'PortTaken', address, reason: heard.reason }))
}

/**
 * Listens until a first worker has it start; to others it is busy from then on. TensorFlow's port must be free now, too.
 *
 * Errors  PortTaken; EngineMissing, EngineFailed
 */
export const followCluster = (options: FollowOptions): TE.TaskEither<EngineError, Followed> =>
  pipe(
    TE.fromEither(addonFile()),
    TE.tap(() => requirePort(serverOf(options.address))),
    TE.flatMap(addon => () => {
      const { host, port } = options.address
      const conversation: Conversation = {
        options,
        thread: listenThread(host, port, addon),
        files: new Map(),
        silence: deferred(),
        asked: deferred(),
        ended: deferred(),
        begun: deferred(),
        invitation: null,
      }
      conversation.thread.on('message', (heard: Heard) => hear(conversation, heard))
      return conversation.begun.promise
    }),
  )
