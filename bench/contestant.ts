/** A program that is asked, line by line on its stdin, to do so many steps, and answers how long each took. */
import { createInterface } from 'node:readline'

/** Milliseconds of each of `naturalNumber` runs of `step`. */
const timed = async (step: () => unknown, count: number): Promise<readonly number[]> => {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const begun = performance.now()
    await step()
    times.push(performance.now() - begun)
  }
  return times
}

/** Answers until stdin ends. */
export const answer = async (step: () => unknown): Promise<void> => {
  for await (const line of createInterface({ input: process.stdin }))
    console.log(JSON.stringify(await timed(step, Number(line))))
}
