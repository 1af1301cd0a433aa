/** `ESPALIER_SEED` makes the random nets of the property tests the same in every run. */
import * as fc from 'fast-check'

if (process.env.ESPALIER_SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.ESPALIER_SEED) })
