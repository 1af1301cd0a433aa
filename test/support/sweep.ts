/** A study run by workers that are killed at random. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Ended } from './programs/command.js'

export interface Sweep {
  readonly study: string
  /** Where runs and results go. */
  readonly folder: string
  /** Of the Redis server. */
  readonly url: string
  readonly workers: number
  /** How many workers are killed, each a while after it has begun a cell, and with which chance each time. */
  readonly kills: number
  readonly chance: number
  /** Milliseconds of that while, at most. */
  readonly within: number
  /** Numbers from 0 to 1. */
  readonly random: () => number
  /** What Node is to run. */
  readonly program: readonly string[]
}

export interface Swept extends Ended {
  readonly kills: number
  /** What workers printed. */
  readonly log: string
}

const childrenOf = (pid: number): readonly number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has just ended
  }
}

/** Ends a worker at once: by itself, or with its cells, as when a machine is lost. */
const killWorker = ({ pid }: ChildProcess, withCells: boolean): void => {
  if (pid === undefined) return
  const cells = withCells ? childrenOf(pid) : []
  for (const each of [pid, ...cells]) kill(each)
}

const shared = ({ study, folder }: Sweep): readonly string[] => [
  study,
  '--engine',
  'wasm',
  '--threads',
  '1',
  '--out',
  join(folder, 'runs'),
]

const resultsOf = ({ folder }: Sweep): readonly string[] => ['--results', join(folder, 'results')]

/** A command to its end. */
export const toEnd = (program: readonly string[], args: readonly string[]): Promise<Ended> =>
  new Promise(resolve => {
    const child = spawn(process.execPath, [...program, ...args])
    let [out, err] = ['', '']
    child.stdout.on('data', (text: Buffer) => {
      out += text
    })
    child.stderr.on('data', (text: Buffer) => {
      err += text
    })
    child.on('close', code => resolve({ code, out, err }))
  })

/** Runs a study by a queue; each worker that is killed is replaced, until the study has its table. */
export const sweep = async (options: Sweep): Promise<Swept> => {
  const { url, workers, chance, within, random, program } = options
  const alive = new Set<ChildProcess>()
  let [log, kills, over] = ['', 0, false]
  const strike = async (victim: ChildProcess): Promise<void> => {
    if (kills >= options.kills || random() > chance) return
    kills++
    await setTimeout(within * random())
    killWorker(victim, random() < 0.5)
  }
  const work = async (): Promise<void> => {
    while (!over) {
      const worker = spawn(process.execPath, [...program, 'worker', ...shared(options), '--queue', url])
      alive.add(worker)
      worker.stderr.on('data', (text: Buffer) => {
        log += text
        if (/^\d+ of \d+: .*, seed \d+$/m.test(text.toString())) void strike(worker)
      })
      const code = await new Promise(resolve => worker.once('close', resolve))
      alive.delete(worker)
      if (code === 0) return
    }
  }
  const submitted = toEnd(program, ['compare', ...shared(options), ...resultsOf(options), '--queue', url])
  const others = Array.from({ length: workers }, work)
  const ended = await submitted
  over = true
  for (const worker of alive) killWorker(worker, true)
  await Promise.all(others)
  return { ...ended, kills, log }
}
