/** A Redis server that takes writes, and what tells when it no longer does. */
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Redis } from 'ioredis'
import { messageOf } from '../../../io/exception.js'
import type { QueueError, RunError } from '../../../run/error.js'
import { say } from '../../stderr.js'
import { connect, connectEvery, refusalOf, tryWrite } from './server.js'

type Bull = typeof import('bullmq')

export interface Connection {
  /** For BullMQ: with the password, and connected to again and again. */
  readonly options: {
    readonly url: string
    readonly maxRetriesPerRequest: null
    readonly retryStrategy: () => number
  }
  /** As it is printed, without a password. */
  readonly url: string
  readonly bull: Bull
  /** Once the server has not taken writes for long, or refuses what the queue asks. */
  readonly lost: Promise<QueueError>
  /** What a server refuses while it takes writes, it would refuse again: the connection is lost. */
  readonly onError: (error: unknown) => Promise<void>
  /** Aborted once the connection is closed. */
  readonly closing: AbortSignal
  readonly close: () => void
}

/** Milliseconds from question to question. */
const askEvery = 1000
/** Seconds without an answer after which a queue is given up. */
const usualPatience = 30

const withoutPassword = (address: string): string => {
  const url = new URL(address)
  if (url.password !== '') url.password = '***'
  return url.href
}

const packages: TE.TaskEither<QueueError, { readonly bull: Bull; readonly Client: typeof Redis }> =
  TE.tryCatch(
    async () => ({ bull: await import('bullmq'), Client: (await import('ioredis')).Redis }),
    (): QueueError => ({ _tag: 'PackageMissing', name: 'bullmq', mend: 'npm install bullmq@6 ioredis@6' }),
  )

const sayWaiting = (url: string, refusal: string | null, patience: number): void =>
  say(
    `${url} ${refusal === null ? 'does not answer' : `refuses (${refusal})`}; waiting up to ${patience} s for it`,
  )

/**
 * Asks until the server has taken no write for so long, and gives its last refusal; prints when it stops to take them, and
 * when it does so again.
 */
const watch = async (
  client: Redis,
  url: string,
  patience: number,
  closing: AbortSignal,
): Promise<string | null> => {
  let [wrote, waiting] = [performance.now(), false]
  let refusal: string | null = null
  while (performance.now() - wrote < patience * 1000) {
    await setTimeout(askEvery, undefined, { signal: closing })
    const answer = await tryWrite(client)
    if (E.isRight(answer)) {
      if (waiting) say(`${url} answers again`)
      ;[wrote, waiting] = [performance.now(), false]
    } else {
      refusal = answer.left
      if (!waiting) sayWaiting(url, refusal, patience)
      waiting = true
    }
  }
  return refusal
}

const open = async (
  bull: Bull,
  Client: typeof Redis,
  address: string,
  patience: number,
): Promise<Connection> => {
  const client = await connect(Client, address)
  const url = withoutPassword(address)
  const controller = new AbortController()
  const closing = controller.signal
  let refuse: (error: QueueError) => void = () => undefined
  const lost = new Promise<QueueError>(resolve => {
    refuse = resolve
    watch(client, url, patience, closing).then(
      refusal => resolve({ _tag: 'QueueLost', url, seconds: patience, refusal }),
      () => undefined, // closed
    )
  })
  const onError = async (error: unknown): Promise<void> => {
    const refusal = refusalOf(error)
    if (refusal !== null && E.isRight(await tryWrite(client))) refuse({ _tag: 'QueueRefused', url, refusal })
  }
  const close = (): void => {
    controller.abort()
    client.disconnect()
  }
  const options = { url: address, maxRetriesPerRequest: null, retryStrategy: () => connectEvery }
  return { options, url, bull, lost, onError, closing, close }
}

/**
 * Uses a queue's server, and closes the connection in any case; ends once it has taken no write for so many seconds.
 *
 * Errors  PackageMissing, QueueUnreachable, QueueLost, QueueRefused
 */
export const withConnection =
  (address: string, patience = usualPatience) =>
  <A>(use: (connection: Connection) => TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
    TE.bracket(
      pipe(
        packages,
        TE.flatMap(({ bull, Client }) =>
          TE.tryCatch(
            () => open(bull, Client, address, patience),
            (reason): QueueError => ({
              _tag: 'QueueUnreachable',
              url: withoutPassword(address),
              reason: messageOf(reason),
            }),
          ),
        ),
        TE.mapLeft((error): RunError => error),
      ),
      connection => () =>
        Promise.race([use(connection)(), connection.lost.then(error => TE.left<RunError>(error)())]),
      ({ close }) => TE.fromIO(close),
    )
