/** A Redis server of a test's own, where Debian's package redis-server is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface OwnRedis {
  readonly url: string
  /** Ends it as a crash would. */
  readonly kill: () => void
}

export const hasRedis = (): boolean => {
  const found = spawnSync('redis-server', ['--version']).status === 0
  if (!found) console.warn('skipped: redis-server is not installed (apt-get install redis-server)')
  return found
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      )
    })
  })

const answers = (port: number): boolean => spawnSync('redis-cli', ['-p', `${port}`, 'ping']).status === 0

/** Starts one that keeps nothing on disk. */
export const startRedis = async (folder: string): Promise<OwnRedis> => {
  const port = await freePort()
  const options = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ]
  const server: ChildProcess = spawn('redis-server', options, { stdio: 'ignore' })
  while (!answers(port)) await setTimeout(50)
  return { url: `redis://127.0.0.1:${port}`, kill: () => void server.kill('SIGKILL') }
}
