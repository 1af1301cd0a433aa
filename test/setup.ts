/** The random nets of the property tests are those of the run's seed (`seed.ts`). */
import * as fc from 'fast-check'
import { inject } from 'vitest'

fc.configureGlobal({ seed: inject('seed') })
