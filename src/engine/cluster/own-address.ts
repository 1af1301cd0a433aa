/** A worker's own address: its ports are free; and the other workers can reach the first. */
import { lookup } from 'node:dns/promises'
import { createServer } from 'node:net'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Address, addressText } from './address.js'
import { type ClusterError, socketReason } from './error.js'

/** Errors  PortTaken where something listens on the port already, such as another first worker */
export const requirePort = ({ host, port }: Address): TE.TaskEither<ClusterError, void> =>
  TE.tryCatch(
    () =>
      new Promise<void>((resolve, reject) => {
        const probe = createServer().once('error', reject)
        probe.listen(port, host, () => probe.close(() => resolve()))
      }),
    (error): ClusterError => ({
      _tag: 'PortTaken',
      address: addressText({ host, port }),
      reason: socketReason(error),
    }),
  )

/** Whether a host is this machine for whoever asks. Of a name that nobody knows, no. */
const isLoopback = async (host: string): Promise<boolean> =>
  lookup(host, 4).then(
    ({ address }) => address.startsWith('127.'),
    () => false,
  )

/** Errors  NotReachable where the first address is this machine's alone, as many give their own name, and another is not */
const requireReachable =
  ([own, ...others]: readonly Address[]): TE.TaskEither<ClusterError, void> =>
  async () => {
    if (own === undefined || !(await isLoopback(own.host))) return E.right(undefined)
    const loopbacks = await Promise.all(others.map(({ host }) => isLoopback(host)))
    const other = others[loopbacks.indexOf(false)]
    return other === undefined
      ? E.right(undefined)
      : E.left({ _tag: 'NotReachable', address: addressText(own), other: addressText(other) })
  }

/** Errors  PortTaken, NotReachable */
export const requireOwnAddress = (addresses: readonly Address[]): TE.TaskEither<ClusterError, void> =>
  pipe(
    requireReachable(addresses),
    TE.flatMap(() => (addresses[0] === undefined ? TE.right(undefined) : requirePort(addresses[0]))),
  )
