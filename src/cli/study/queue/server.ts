/** A Redis server by a client of its own: whether it can be reached, and whether it takes writes. */
import * as E from 'fp-ts/lib/Either.js'
import type { Redis } from 'ioredis'
import { messageOf } from '../../../io/exception.js'

/** Milliseconds in which a server answers. */
const answerTime = 5000
/** Milliseconds from one attempt to connect to the next. */
export const connectEvery = 1000

/** Whether a server gave this error as its answer; all others are of the connection, or of BullMQ. */
const isAnswer = (reason: unknown): boolean => reason instanceof Error && reason.name === 'ReplyError'

/** What a server refuses, null where an error is none of its answers. BullMQ itself refuses servers that are too old. */
export const refusalOf = (reason: unknown): string | null =>
  isAnswer(reason) || /^Redis version/.test(messageOf(reason)) ? messageOf(reason) : null

/** A key with the prefix of BullMQ's, which a server may have given rights for. */
const write = (client: Redis): Promise<unknown> => client.set('bull:espalier', '', 'PX', 60_000)

/** Left where a server takes no writes, as one that is full, or copies another: its refusal, null where it gives no answer. */
export const tryWrite = (client: Redis): Promise<E.Either<string | null, unknown>> =>
  write(client).then(E.right, reason => E.left(refusalOf(reason)))

/** A client whose server has taken a write, and to which it then connects again and again. */
export const connect = async (Client: typeof Redis, address: string): Promise<Redis> => {
  let [answered, failure] = [false, '']
  const client = new Client(address, {
    lazyConnect: true,
    connectTimeout: answerTime,
    commandTimeout: answerTime,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    retryStrategy: () => (answered ? connectEvery : null),
  })
  client.on('error', reason => {
    failure = messageOf(reason)
  })
  try {
    await client.connect()
    await write(client)
    answered = true
    return client
  } catch (reason) {
    client.disconnect()
    throw new Error(failure === '' ? messageOf(reason) : failure)
  }
}
