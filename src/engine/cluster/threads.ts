/**
 * Threads by which the processes of a cluster see that the others live, as a step may keep the main thread busy for long.
 * Each is plain JavaScript, so that it needs no loader. Where another process is lost, the runs under way are ended, which
 * may wait for it.
 */
import { constants } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Milliseconds from question to question, and for an answer; two without one are the end. All is known within 10 s. */
const pace = { period: 1000, patience: 2500, misses: 2 }

/** Milliseconds without a question after which the first worker is lost. */
const silence = pace.misses * (pace.period + pace.patience)

/** Ends the runs under way of the whole process: the addon's sessions belong to no thread. */
const cancel = `
const cancelRuns = () => {
  const native = { exports: {} }
  process.dlopen(native, workerData.addon, workerData.now)
  native.exports.cancelRuns()
}`

const watchSource = `
const { request } = require('node:http')
const { setTimeout: sleep } = require('node:timers/promises')
const { parentPort, workerData } = require('node:worker_threads')
${cancel}
const { addresses, run, period, patience, misses } = workerData
const isAlive = address => new Promise(resolve => {
  const asked = request('http://' + address + '/alive/' + run, { timeout: patience, agent: false }, answer => {
    answer.resume()
    resolve(answer.statusCode === 200)
  })
  asked.on('timeout', () => asked.destroy(new Error('timeout')))
  asked.on('error', () => resolve(false))
  asked.end()
})
const watch = async address => {
  for (let missed = 0; missed < misses; await sleep(period)) missed = (await isAlive(address)) ? 0 : missed + 1
  parentPort.postMessage(address)
  cancelRuns()
}
for (const address of addresses) watch(address)
`

const listenSource = `
const { createServer } = require('node:http')
const { parentPort, workerData } = require('node:worker_threads')
${cancel}
const { host, port, silence, most } = workerData
const open = new Map()
let [run, asked, count] = [null, 0, 0]
const server = createServer((request, response) => {
  response.shouldKeepAlive = false // else a request may meet a connection that is just being closed
  if (request.url.startsWith('/alive/')) {
    const mine = run !== null && request.url === '/alive/' + run
    if (mine) asked = Date.now()
    return response.writeHead(mine ? 200 : 404).end()
  }
  const parts = []
  let size = 0
  request.on('data', part => {
    size += part.length
    if (run === null && size > most) request.destroy()
    else parts.push(part)
  })
  request.on('end', () => {
    const id = ++count
    open.set(id, response)
    parentPort.postMessage({ _tag: 'request', id, url: request.url, body: Buffer.concat(parts) })
  })
})
server.requestTimeout = 0
server.on('error', error => parentPort.postMessage({ _tag: 'failed', reason: error.code ?? error.message }))
server.listen(port, host, () => parentPort.postMessage({ _tag: 'listening' }))
parentPort.on('message', message => {
  if (message._tag === 'watch') {
    run = message.run
    asked = Date.now()
    const timer = setInterval(() => {
      if (Date.now() - asked < silence) return
      clearInterval(timer)
      parentPort.postMessage({ _tag: 'silent' })
      cancelRuns()
    }, 500)
    return
  }
  if (message._tag === 'forget') { run = null; return }
  open.get(message.id)?.writeHead(message.status, { 'content-type': 'application/json' }).end(message.body)
  open.delete(message.id)
})
`

const start = (source: string, data: Readonly<Record<string, unknown>>): Worker =>
  new Worker(source, {
    eval: true,
    execArgv: [],
    workerData: { ...data, now: constants.dlopen.RTLD_NOW },
  })

/** Asks workers again and again whether they are in this run; posts the address of one that is lost. */
export const watchThread = (addresses: readonly string[], run: string, addon: string): Worker =>
  start(watchSource, { addresses, run, addon, ...pace })

/** Bytes of a request before a run is joined. */
const mostBytes = 1_000_000

/** What the thread of a worker posts. */
export type Heard =
  | { readonly _tag: 'listening' }
  | { readonly _tag: 'failed'; readonly reason: string }
  /** The first worker asks no more. */
  | { readonly _tag: 'silent' }
  | { readonly _tag: 'request'; readonly id: number; readonly url: string; readonly body: Uint8Array }

/** What it is told: to answer a request, or from when on the first worker must ask. */
export type Told =
  | { readonly _tag: 'answer'; readonly id: number; readonly status: number; readonly body: string }
  | { readonly _tag: 'watch'; readonly run: string }
  | { readonly _tag: 'forget' }

/** Listens for the first worker, by HTTP. */
export const listenThread = (host: string, port: number, addon: string): Worker =>
  start(listenSource, { host, port, addon, silence, most: mostBytes })
