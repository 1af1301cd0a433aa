/** What processes say to each other before they share a training. */
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Address, addressOf, addressText, serverAddress } from '../../src/engine/cluster/address.js'
import { followCluster } from '../../src/engine/cluster/follow.js'
import { type LeadOptions, leadCluster } from '../../src/engine/cluster/lead.js'
import { type Answer, compareIdentity, type Identity } from '../../src/engine/cluster/protocol.js'
import { requireServer } from '../../src/engine/cluster/reach.js'
import { sessionConfig } from '../../src/engine/tensorflow/config.js'
import { findNative } from '../../src/engine/tensorflow/native.js'
import { failure } from '../support/scratch.js'

const hasAddon = O.isSome(O.flatMap(findNative(), ({ addon }) => addon))
if (!hasAddon) console.warn('skipped: tests of clusters, as the addon is not built (npm run engine)')

const identity: Identity = { code: '1', net: 'a', seed: '0' }

const listenOn = async (server: Server, port = 0): Promise<Address> => {
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

/** A port that was free a moment ago. */
const freeAddress = async (): Promise<Address> => {
  const server = createServer()
  const address = await listenOn(server)
  await new Promise(closed => server.close(closed))
  return address
}

const lead = async (others: readonly Address[], change: Partial<LeadOptions> = {}) =>
  failure(
    leadCluster({
      addresses: [await freeAddress(), ...others],
      threads: 1,
      syncBatchNorm: false,
      wait: 1,
      identity,
      task: '{}',
      files: {},
      asksToStop: () => false,
      onStop: () => undefined,
      ...change,
    }),
  )

/** A worker that never gets to start. */
const worker = async (prepare: () => Promise<Answer>, at?: Address): Promise<Address> => {
  const address = at ?? (await freeAddress())
  await new Promise<void>(onListening => {
    void followCluster({
      address,
      onListening,
      prepare: async invitation => {
        const answer = await prepare()
        return answer._tag === 'yes' ? compareIdentity(invitation.identity, identity) : answer
      },
      asksToStop: () => false,
    })()
  })
  return address
}

const yes = async (): Promise<Answer> => ({ _tag: 'yes' })

describe.skipIf(!hasAddon)('a first worker is refused', () => {
  test.each(Object.keys(identity))('by a worker of another %s, which goes on listening', async what => {
    const address = await worker(yes)
    for (const there of ['x', 'y'])
      expect(await lead([address], { identity: { ...identity, [what]: there } })).toEqual({
        _tag: 'WorkerDiffers',
        address: addressText(address),
        what,
        here: there,
        there: identity[what],
      })
  })

  test('by one that another has already', async () => {
    const address = await worker(() => new Promise(() => undefined))
    const first = lead([address], { wait: 60 })
    await new Promise(soon => setTimeout(soon, 300))
    expect(await lead([address])).toMatchObject({ _tag: 'WorkerBusy', address: addressText(address) })
    void first.catch(() => undefined)
  })

  test('by one that cannot open its data', async () => {
    const address = await worker(async () => ({ _tag: 'no', reason: 'no folder of data' }))
    expect(await lead([address])).toMatchObject({ _tag: 'WorkerRefused', reason: 'no folder of data' })
  })

  test('by what is no worker', async () => {
    const other = await listenOn(createHttpServer((_, response) => response.end('hello')))
    expect(await lead([other])).toMatchObject({ _tag: 'WorkerRefused', address: addressText(other) })
  })

  test('where nobody listens', async () => {
    const nobody = await freeAddress()
    expect(await lead([nobody])).toMatchObject({ _tag: 'WorkerUnreachable', seconds: 1 })
  })

  test('not by one that begins to listen later', async () => {
    const address = await freeAddress()
    const refused = lead([address], { wait: 10 })
    await new Promise(soon => setTimeout(soon, 600))
    await worker(async () => ({ _tag: 'no', reason: 'late' }), address)
    expect(await refused).toMatchObject({ _tag: 'WorkerRefused', reason: 'late' })
  })

  test('where its own port is taken, as by another first worker', async () => {
    const taken = await listenOn(createServer())
    expect(await lead([], { addresses: [taken, taken] })).toMatchObject({
      _tag: 'PortTaken',
      reason: 'EADDRINUSE',
    })
  })
})

describe.skipIf(!hasAddon)('a first worker whose address', () => {
  test('is its own machine for the others too is refused', async () => {
    const own = await freeAddress()
    const other = { host: '10.0.0.2', port: 2222 }
    expect(await lead([], { addresses: [own, own, other] })).toEqual({
      _tag: 'NotReachable',
      address: addressText(own),
      other: addressText(other),
    })
  })
})

test('a server that nobody can connect to is named', async () => {
  expect(await requireServer(addressText(await listenOn(createServer())))()).toEqual(E.right(undefined))
  const address = addressText(await freeAddress())
  expect(await failure(requireServer(address))).toEqual({
    _tag: 'NotReached',
    address,
    reason: 'ECONNREFUSED',
  })
})

describe.skipIf(!hasAddon)('a worker', () => {
  const listening = (address: Address) =>
    followCluster({ address, onListening: () => undefined, prepare: yes, asksToStop: () => false })

  test('is refused a port that is taken, or one before, as the next is for TensorFlow', async () => {
    const taken = await listenOn(createServer())
    expect(await failure(listening(taken))).toMatchObject({ _tag: 'PortTaken', reason: 'EADDRINUSE' })
    const before = { ...taken, port: taken.port - 1 }
    expect(await failure(listening(before))).toEqual({
      _tag: 'PortTaken',
      address: addressText(taken),
      reason: 'EADDRINUSE',
    })
  })

  test('takes no nonsense, and no more than it needs', async () => {
    const address = addressText(await worker(yes))
    const post = async (path: string, body: string) =>
      (await fetch(`http://${address}${path}`, { method: 'POST', body })).json()
    expect(await post('/join', '{"run": 1}')).toMatchObject({ _tag: 'no' })
    expect(await post('/join', 'nonsense')).toMatchObject({ _tag: 'no' })
    expect(await post('/start', '')).toMatchObject({ _tag: 'no', reason: 'it has not joined' })
    await expect(post('/file/model', 'x'.repeat(3_000_000))).rejects.toThrow()
    expect((await fetch(`http://${address}/alive/other`)).status).toBe(404)
  })
})

test('addresses are a host and a port below the last', () => {
  expect(addressOf('10.0.0.2:2222')).toEqual({ host: '10.0.0.2', port: 2222 })
  for (const text of ['2222', 'host:', ':1', 'host:0', 'host:65535', 'a b:1', 'http://host:1'])
    expect(addressOf(text)).toBeNull()
  expect([0, 1].map(rank => serverAddress({ host: 'h', port: 5 }, rank))).toEqual(['h:5', 'h:6'])
})

test('a session in a cluster has devices and variables of its own, and the first worker leads', () => {
  const text = Buffer.from(sessionConfig({ threads: 1, task: 1 })).toString('latin1')
  expect(text).toContain('/job:worker/task:1')
  expect(text).toContain('/job:worker/replica:0/task:0')
  expect(sessionConfig({ threads: 1, task: 1 }).includes(0x78)).toBe(true) // isolate_session_state
})

test('what differs is named', () => {
  expect(compareIdentity(identity, { ...identity })).toEqual({ _tag: 'yes' })
  expect(compareIdentity(identity, { code: '1', net: 'a' })).toMatchObject({ what: 'seed', there: 'nothing' })
})
