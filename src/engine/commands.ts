/** Commands that error messages suggest. */
import { isCheckout } from '../io/checkout.js'

/** The command that downloads TensorFlow and builds the native engine: a checkout's npm script, or the package's binary. */
export const engineCommand = (...options: readonly string[]): string =>
  (isCheckout ? ['npm run engine', ...(options.length > 0 ? ['--'] : [])] : ['npx espalier engine'])
    .concat(options)
    .join(' ')
