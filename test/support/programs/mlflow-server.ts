/** Servers that answer as MLflow does, or fail to: a real one of Python's package, and one whose answers a test gives. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { python } from './python.js'

export interface Running {
  readonly url: string
  readonly close: () => Promise<void>
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port // it listens on a port

const listen = (server: Server): Promise<number> =>
  new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(portOf(server))))

const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await listen(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A request as it came, in order. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

/** The answer to the `nth` request, from 0; `null`: none ever. */
export type Answer = (asked: Asked, nth: number) => { readonly status: number; readonly text: string } | null

/** A server on this machine with these answers, each as many milliseconds later as `delay` says, and what it was asked. */
export const stubServer = async (
  answer: Answer,
  delay: (asked: Asked) => number = () => 0,
): Promise<Running & { readonly asked: readonly Asked[] }> => {
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (text: Buffer) => {
      body += text.toString('latin1')
    })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const now = { method, path: url, authorization: headers.authorization, body }
      asked.push(now)
      const given = answer(now, asked.length - 1)
      if (given === null) return
      setTimeout(() => response.writeHead(given.status, { connection: 'close' }).end(given.text), delay(now))
    })
  })
  server.on('connection', socket => sockets.add(socket))
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** An address at which nobody listens. */
export const nobody = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const isUp = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`)).ok
  } catch {
    return false
  }
}

const end = (child: ChildProcess): Promise<void> =>
  new Promise(resolve => {
    if (child.exitCode !== null || child.pid === undefined) return resolve()
    child.once('exit', () => resolve())
    process.kill(-child.pid, 'SIGTERM') // with the workers that it has begun
    setTimeout(() => child.exitCode === null && process.kill(-(child.pid ?? 0), 'SIGKILL'), 5000).unref()
  })

const patience = 90_000

/** What a server would do beside answering. */
const quiet = { MLFLOW_DISABLE_TELEMETRY: 'true', MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' }

/** A real server that keeps all it has in a folder. */
export const mlflowServer = async (folder: string): Promise<Running> => {
  const port = await freePort()
  const child = spawn(
    python ?? 'python3',
    [
      ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', `${port}`, '--workers', '1'],
      ...['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
      ...['--artifacts-destination', join(folder, 'artifacts')],
    ],
    {
      cwd: folder,
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, ...quiet },
    },
  )
  const url = `http://127.0.0.1:${port}`
  for (const last = Date.now() + patience; !(await isUp(url)); await later(100))
    if (child.exitCode !== null || Date.now() > last) throw new Error('mlflow server does not start')
  return { url, close: () => end(child) }
}
