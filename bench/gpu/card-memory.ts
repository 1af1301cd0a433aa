/** How much of a card's memory is taken while something runs on it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** MiB in use on the first card, by all processes; 0 where no driver answers. */
const memoryInUse = async (): Promise<number> => {
  try {
    const { stdout } = await run('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits'])
    return Number(stdout.split('\n')[0])
  } catch {
    return 0
  }
}

const milliseconds = 300

/** What a task comes to, and the most MiB it took on the card beside what was in use before. */
export const withCardMemory = async <A>(
  task: () => Promise<A>,
): Promise<readonly [result: A, most: number]> => {
  const before = await memoryInUse()
  let most = before
  const timer = setInterval(() => {
    void memoryInUse().then(now => {
      most = Math.max(most, now)
    })
  }, milliseconds)
  try {
    return [await task(), Math.max(most, await memoryInUse()) - before]
  } finally {
    clearInterval(timer)
  }
}
