/** Commands that error messages suggest. */

/** A checkout runs its npm scripts, an installed package its binary. */
const isCheckout = import.meta.url.endsWith('.ts')

/** The command that downloads TensorFlow and builds the native engine. */
export const engineCommand = (...options: readonly string[]): string =>
  (isCheckout ? ['npm run engine', ...(options.length > 0 ? ['--'] : [])] : ['npx espalier engine'])
    .concat(options)
    .join(' ')
