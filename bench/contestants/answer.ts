/** A program that reads numbers of calls from stdin, line by line, makes them, and prints the time of each and its peak memory. */
import { createInterface } from 'node:readline'

/** Milliseconds of each of `count` calls. */
const timeCalls = async (call: () => unknown, count: number): Promise<readonly number[]> => {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const began = performance.now()
    await call()
    times.push(performance.now() - began)
  }
  return times
}

/** Answers requests until stdin ends. */
export const answer = async (call: () => unknown): Promise<void> => {
  for await (const line of createInterface({ input: process.stdin })) {
    const milliseconds = await timeCalls(call, Number(line))
    console.log(JSON.stringify({ milliseconds, peak: 1024 * process.resourceUsage().maxRSS }))
  }
}
