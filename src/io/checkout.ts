/** Whether this program runs from a checkout: from its sources, or from what is transpiled of them there. */
import { fileURLToPath } from 'node:url'

/** The folder of this program's modules: `src/`, `.compiled/` of a checkout, or `dist/` of the package. */
const home = new URL('..', import.meta.url)

/** A package runs from `dist/`. */
export const isCheckout = !home.href.endsWith('/dist/')

/** The sources, beside the modules that run, or those themselves. */
export const sourceFolder = fileURLToPath(new URL('../src', home))
