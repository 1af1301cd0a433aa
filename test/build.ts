/** Builds the program before the tests, and again where it has changed while they are watched. */
import type { TestProject } from 'vitest/node'
import { build } from './support/programs/built.js'

export default (project: TestProject): void => {
  build()
  project.onTestsRerun(async () => build())
}
