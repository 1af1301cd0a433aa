/** The first worker: invites the others, watches them, and leads the sums over workers. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine, EngineError } from '../engine.js'
import { openWorker } from '../tensorflow/cluster.js'
import { addonFile } from '../tensorflow/load.js'
import { type Address, addressText, serverAddress } from './address.js'
import { within } from './deferred.js'
import type { ClusterError } from './error.js'
import { requireOwnAddress } from './own-address.js'
import { type Answer, answerCodec, type Identity, type Invitation } from './protocol.js'
import { requireServer } from './reach.js'
import { type Membership, shareEngine } from './share-engine.js'
import { watchThread } from './threads.js'

/** A cluster to begin, seen from the first of its addresses. */
export interface LeadOptions {
  readonly addresses: readonly Address[]
  readonly threads: number
  readonly syncBatchNorm: boolean
  /** Seconds to wait for workers that do not listen yet. */
  readonly wait: number
  readonly identity: Identity
  readonly task: string
  /** Files that every worker is sent before it begins, by name. */
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly asksToStop: () => boolean
  readonly onStop: () => void
}

/** An engine that the workers share, and what becomes of them. */
export interface Led {
  readonly engine: Engine
  /** The error of a call that failed: the worker that is lost, where one is. */
  readonly explain: (error: EngineError) => Promise<EngineError>
  /** Waits until the others have ended too, at most some seconds. */
  readonly end: () => Promise<void>
}

/** Milliseconds for a worker to open its data. */
const mostPreparation = 600_000

const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)

/** Errors  of the connection, as a rejection */
const post = async (
  address: string,
  path: string,
  body: string | Uint8Array,
  most: number,
): Promise<Answer> => {
  const response = await fetch(`http://${address}${path}`, {
    method: 'POST',
    body: body as Exclude<RequestInit['body'], undefined>, // bytes are one
    signal: AbortSignal.timeout(most),
  })
  const answer = answerCodec.decode(await response.json())
  return E.isRight(answer) ? answer.right : { _tag: 'no', reason: 'it answers, but is no worker' }
}

const errorOf = (address: string, answer: Answer): ClusterError | null => {
  switch (answer._tag) {
    case 'yes':
      return null
    case 'busy':
      return { _tag: 'WorkerBusy', address, leader: answer.leader }
    case 'differs':
      return { ...answer, _tag: 'WorkerDiffers', address }
    case 'no':
      return { _tag: 'WorkerRefused', address, reason: answer.reason }
  }
}

const ask = (
  address: string,
  path: string,
  body: string | Uint8Array,
  most = mostPreparation,
): TE.TaskEither<ClusterError, void> =>
  pipe(
    TE.tryCatch(
      () => post(address, path, body, most),
      (reason): ClusterError => ({ _tag: 'WorkerRefused', address, reason: reasonOf(reason) }),
    ),
    TE.flatMap(answer => {
      const error = errorOf(address, answer)
      return error === null ? TE.right(undefined) : TE.left(error)
    }),
  )

/** Invites one worker, again and again while nobody listens there. */
const invite =
  (address: string, invitation: Invitation, wait: number): TE.TaskEither<ClusterError, void> =>
  async () => {
    const until = Date.now() + wait * 1000
    for (;;) {
      try {
        const left = Math.max(1000, until - Date.now())
        await fetch(`http://${address}/alive/`, { signal: AbortSignal.timeout(left) })
        return ask(address, '/join', JSON.stringify(invitation))()
      } catch (reason) {
        if (Date.now() > until)
          return E.left({ _tag: 'WorkerUnreachable', address, seconds: wait, reason: reasonOf(reason) })
      }
      await sleep(500)
    }
  }

/** Milliseconds after a failed call in which a lost worker is found. */
const mostDoubt = 9000

/** Milliseconds for others to end after the first. */
const mostEnding = 15_000

const watchOthers = (others: readonly string[], run: string, addon: string): Omit<Led, 'engine'> => {
  const thread = watchThread(others, run, addon)
  thread.unref()
  const lost = new Promise<string>(resolve => thread.once('message', resolve))
  return {
    explain: async error => {
      const address = await within(mostDoubt, lost)
      return address === null ? error : { _tag: 'WorkerLost', address }
    },
    end: async () => {
      await thread.terminate()
      await Promise.all(others.map(address => ask(address, '/end', '', mostEnding)()))
    },
  }
}

/** Every other worker, by the address of its handshake. */
type Others = readonly string[]

/** All at once. */
const inviteAll = (
  { addresses, wait, ...options }: LeadOptions,
  run: string,
  others: Others,
): TE.TaskEither<ClusterError, unknown> => {
  const { threads, syncBatchNorm, identity, task } = options
  const servers = addresses.map(serverAddress)
  const leader = servers[0] ?? ''
  const same = { run, leader, servers, threads, syncBatchNorm, identity, task }
  return pipe(
    others,
    TE.traverseArrayWithIndex((nth, address) => invite(address, { ...same, rank: nth + 1 }, wait)),
  )
}

const sendFiles = ({ files }: LeadOptions, others: Others): TE.TaskEither<ClusterError, unknown> =>
  pipe(
    others.flatMap(address => Object.entries(files).map(([name, bytes]) => ({ address, name, bytes }))),
    TE.traverseSeqArray(({ address, name, bytes }) =>
      ask(address, `/file/${encodeURIComponent(name)}`, bytes),
    ),
  )

const startAll = (others: Others): TE.TaskEither<ClusterError, unknown> =>
  pipe(
    others,
    TE.traverseArray(address => ask(address, '/start', '')),
  )

/** Errors  PortTaken, NotReachable, WorkerUnreachable, WorkerBusy, WorkerDiffers, WorkerRefused */
const gather = (options: LeadOptions, run: string, others: Others): TE.TaskEither<ClusterError, unknown> => {
  return pipe(
    requireOwnAddress(options.addresses),
    TE.flatMap(() => inviteAll(options, run, others)),
    TE.flatMap(() => sendFiles(options, others)),
  )
}

/**
 * Begins a cluster: all others have joined, have what they need, and have started.
 *
 * Errors  PortTaken, NotReachable, WorkerUnreachable, WorkerBusy, WorkerDiffers, WorkerRefused, NotReached; EngineMissing, EngineFailed
 */
export const leadCluster = (options: LeadOptions): TE.TaskEither<EngineError, Led> => {
  const { addresses, threads } = options
  const run = randomUUID()
  const others = addresses.slice(1).map(addressText)
  const servers = addresses.map(serverAddress)
  const membership: Membership = { ...options, rank: 0, workers: addresses.length }
  return pipe(
    gather(options, run, others),
    TE.mapLeft((error): EngineError => error),
    TE.flatMapEither(() =>
      openWorker({ addresses: servers, host: addresses[0]?.host ?? '', rank: 0, threads }),
    ),
    TE.tap(() => startAll(others)),
    TE.tap(() => pipe(servers.slice(1), TE.traverseArray(requireServer))),
    TE.bindTo('engine'),
    TE.bind('addon', () => TE.fromEither(addonFile())),
    TE.map(({ engine, addon }) => ({
      engine: shareEngine(membership)(engine),
      ...watchOthers(others, run, addon),
    })),
  )
}
