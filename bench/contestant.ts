/** A program that reads numbers of steps from stdin, line by line, runs them, and prints the time of each. */
import { createInterface } from 'node:readline'

/** Milliseconds of each of `count` runs of `step`. */
const timeRuns = async (step: () => unknown, count: number): Promise<readonly number[]> => {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const began = performance.now()
    await step()
    times.push(performance.now() - began)
  }
  return times
}

/** Answers requests until stdin ends. */
export const answer = async (step: () => unknown): Promise<void> => {
  for await (const line of createInterface({ input: process.stdin }))
    console.log(JSON.stringify(await timeRuns(step, Number(line))))
}
