/**
 * Contestants that take turns, so that other load on the machine affects all alike. Each is a process of its own, which is
 * stopped while it is not its turn: threads of an idle one that spin would slow the others.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Contestant {
  readonly name: string
  /** A program that speaks as `answer` does. */
  readonly command: readonly string[]
}

/** Milliseconds of each call, and the most bytes of memory that the process had. */
interface Answer {
  readonly milliseconds: readonly number[]
  readonly peak: number
}

/** A contestant's answer to all its turns, or why there is none. */
export type Timing = { readonly name: string } & (Answer | { readonly failed: string })

interface Running {
  readonly name: string
  readonly calls: (count: number) => Promise<Answer>
  readonly end: () => void
}

const canStop = process.platform !== 'win32'

const start = ({ name, command: [program = '', ...args] }: Contestant): Running => {
  const child = spawn(program, args)
  let complaint = 'it ended without a word'
  child.on('error', ({ message }) => {
    complaint = message
  })
  createInterface({ input: child.stderr }).on('line', line => {
    if (/error/i.test(line)) complaint = line.trim()
  })
  child.stdin.on('error', () => {}) // a process that has ended is noticed by its output
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const calls = async (count: number): Promise<Answer> => {
    if (canStop) child.kill('SIGCONT')
    child.stdin.write(`${count}\n`)
    const { value, done } = await lines.next()
    if (done === true) throw new Error(complaint)
    if (canStop) child.kill('SIGSTOP')
    return JSON.parse(value) as Answer // what `answer` and its twin in Python write
  }
  return { name, calls, end: () => child.kill('SIGKILL') }
}

/** A turn lasts about so many milliseconds. */
const turn = 400

/** Lets a contestant optimise its graph and fill its caches, and finds how many calls a turn has. */
const warmUp = async ({ calls }: Running): Promise<number> => {
  await calls(3)
  const { milliseconds } = await calls(3)
  return Math.min(500, Math.max(1, Math.ceil(turn / Math.min(...milliseconds))))
}

/** A contestant that takes a turn; one that fails takes no more. */
interface Player {
  readonly take: () => Promise<void>
  readonly timing: () => Timing
  readonly end: () => void
}

const enter = async (contestant: Contestant): Promise<Player> => {
  const running = start(contestant)
  const { name } = contestant
  let timing: Timing = { name, milliseconds: [], peak: 0 }
  const attempt = async <A>(task: () => Promise<A>): Promise<A | undefined> => {
    try {
      return await task()
    } catch (error) {
      timing = { name, failed: error instanceof Error ? error.message : String(error) }
      return undefined
    }
  }
  const count = await attempt(() => warmUp(running))
  const take = () =>
    attempt(async () => {
      if (count === undefined || 'failed' in timing) return
      const { milliseconds, peak } = await running.calls(count)
      timing = { name, milliseconds: [...timing.milliseconds, ...milliseconds], peak }
    })
  return { take, timing: () => timing, end: running.end }
}

/** Lets contestants take turns, one at a time, for so many rounds. */
export const takeTurns = async (
  contestants: readonly Contestant[],
  rounds: number,
): Promise<readonly Timing[]> => {
  const players: Player[] = []
  for (const contestant of contestants) players.push(await enter(contestant))
  for (let round = 0; round < rounds; round++) for (const { take } of players) await take()
  for (const { end } of players) end()
  return players.map(({ timing }) => timing())
}
