/** One seed for all random nets of a run: `ESPALIER_SEED`, else a seed of its own, which it prints if a test fails. */
import { randomInt } from 'node:crypto'
import { relative } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    readonly seed: number
  }
}

/** fast-check takes integers of 32 bits. */
const limit = 2 ** 31

const seedOf = (given: string | undefined): number => {
  const seed = given === undefined ? randomInt(-limit, limit) : Number(given)
  if (!Number.isSafeInteger(seed))
    throw new Error(
      `ESPALIER_SEED: expected a whole number, got '${given}'; it is in the output of a run that failed`,
    )
  return seed
}

export default (project: TestProject) => {
  const seed = seedOf(process.env.ESPALIER_SEED)
  project.provide('seed', seed)
  return () => {
    if (process.exitCode === undefined || process.exitCode === 0) return
    const files = project.vitest.state.getFailedFilepaths().map(file => relative('', file))
    console.error(`With the same random nets again: ESPALIER_SEED=${seed} npx vitest run ${files.join(' ')}`)
  }
}
