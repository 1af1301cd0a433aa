/** Whether the TensorFlow of another worker can be reached: a firewall may let the first questions through alone. */
import { connect } from 'node:net'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { type ClusterError, socketReason } from './error.js'

/** Milliseconds for a connection. */
const most = 5000

/** Errors  NotReached. Without this check a sum over workers would wait for long, and say less. */
export const requireServer =
  (address: string): TaskEither<ClusterError, void> =>
  () =>
    new Promise(resolve => {
      const [host = '', port] = address.split(':')
      const socket = connect({ host, port: Number(port), timeout: most })
      const settle = (outcome: E.Either<ClusterError, void>) => {
        socket.destroy()
        resolve(outcome)
      }
      const fail = (reason: string) => settle(E.left({ _tag: 'NotReached', address, reason }))
      socket.once('connect', () => settle(E.right(undefined)))
      socket.once('timeout', () => fail('ETIMEDOUT'))
      socket.once('error', error => fail(socketReason(error)))
    })
