/** The command as a process of its own, and what it must say of bad input. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'

export const root = join(import.meta.dirname, '../../..')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Ways {
  /** Kilobytes no file may exceed. */
  readonly most?: number
  /** When this is on stderr, these signals: unless told, Ctrl-C. */
  readonly stopAt?: string
  readonly signals?: readonly NodeJS.Signals[]
  /** What Node is to run; by default the sources. */
  readonly program?: readonly string[]
  /** Where it is started; by default the project. */
  readonly cwd?: string
}

/** What Node runs as the command: the sources, as npm's scripts do. */
export const command = [join(root, 'cli.mjs')]

/** The command in a folder of its own, to its end. */
export const espalier = (
  args: readonly string[],
  { most, stopAt, signals = ['SIGINT'], program = command, cwd = root }: Ways = {},
): Promise<Ended> =>
  new Promise(resolve => {
    const all = [...program, ...args]
    const child =
      most === undefined
        ? spawn(process.execPath, all, { cwd })
        : spawn('bash', ['-c', `ulimit -f ${most}; exec "$0" "$@"`, process.execPath, ...all], { cwd })
    let [out, err, stopped] = ['', '', false]
    child.stdout.on('data', (text: Buffer) => {
      out += text
    })
    child.stderr.on('data', (text: Buffer) => {
      err += text
      if (stopAt === undefined || stopped || !err.includes(stopAt)) return
      stopped = true
      for (const signal of signals) child.kill(signal)
    })
    child.on('close', code => resolve({ code, out, err }))
  })

/** One line on stderr that says all this; nothing on stdout; exit code 1. */
export const expectRefused = ({ code, out, err }: Ended, ...said: readonly (string | RegExp)[]): void => {
  const complaints = err.split('\n').filter(line => line.startsWith('espalier: '))
  expect(complaints.length, err).toBe(1)
  for (const each of said) expect(complaints[0]).toMatch(each)
  expect(err).not.toMatch(/^ {4}at /m)
  expect([code, out]).toEqual([1, ''])
}

/** The same, and stderr holds nothing else. */
export const expectRefusedAtOnce = (ended: Ended, ...said: readonly (string | RegExp)[]): void => {
  expectRefused(ended, ...said)
  expect(ended.err.trimEnd().split('\n').length).toBe(1)
}
