/** A Redis server that answers, and what tells when it no longer does. */

import { setTimeout } from 'node:timers/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Redis } from 'ioredis'
import { messageOf } from '../../../io/exception.js'
import type { QueueError, RunError } from '../../../run/error.js'
import { say } from '../../stderr.js'

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
  /** Once the server has not answered for long. */
  readonly lost: Promise<QueueError>
  readonly close: () => void
}

/** Milliseconds in which a server answers. */
const answerTime = 5000
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

/** A client whose server has answered once, and to which it then connects again and again. */
const connect = async (Client: typeof Redis, address: string): Promise<Redis> => {
  let [answered, failure] = [false, '']
  const client = new Client(address, {
    lazyConnect: true,
    connectTimeout: answerTime,
    commandTimeout: answerTime,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    retryStrategy: () => (answered ? askEvery : null),
  })
  client.on('error', reason => {
    failure = messageOf(reason)
  })
  try {
    await client.connect()
    await client.ping()
    answered = true
    return client
  } catch (reason) {
    client.disconnect()
    throw new Error(failure === '' ? messageOf(reason) : failure)
  }
}

const answers = (client: Redis): Promise<boolean> =>
  client.ping().then(
    () => true,
    () => false,
  )

/** Asks until the server has not answered for so long; prints when it stops to answer, and when it does so again. */
const watch = async (client: Redis, url: string, patience: number, closing: AbortSignal): Promise<void> => {
  let answered = performance.now()
  let silent = false
  while (performance.now() - answered < patience * 1000) {
    await setTimeout(askEvery, undefined, { signal: closing })
    const now = await answers(client)
    if (now) answered = performance.now()
    if (now === silent) {
      silent = !now
      say(silent ? `${url} does not answer; waiting up to ${patience} s for it` : `${url} answers again`)
    }
  }
}

const open = async (
  bull: Bull,
  Client: typeof Redis,
  address: string,
  patience: number,
): Promise<Connection> => {
  const client = await connect(Client, address)
  const url = withoutPassword(address)
  const closing = new AbortController()
  const lost = new Promise<QueueError>(resolve => {
    watch(client, url, patience, closing.signal).then(
      () => resolve({ _tag: 'QueueLost', url, seconds: patience }),
      () => undefined, // closed
    )
  })
  const close = (): void => {
    closing.abort()
    client.disconnect()
  }
  const options = { url: address, maxRetriesPerRequest: null, retryStrategy: () => askEvery }
  return { options, url, bull, lost, close }
}

/**
 * Uses a queue's server, and closes the connection in any case; ends once it has not answered for so many seconds.
 *
 * Errors  PackageMissing, QueueUnreachable, QueueLost
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
