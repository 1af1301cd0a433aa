/** Commands that help, as they are typed where this runs. */

/** Sources are run by a checkout's scripts, what is built from them by whom the package serves. */
const here = import.meta.url.endsWith('.ts')

/** Gets TensorFlow and builds the native engine. */
export const engineCommand = (...options: readonly string[]): string =>
  (here ? ['npm run engine', ...(options.length > 0 ? ['--'] : [])] : ['npx espalier engine'])
    .concat(options)
    .join(' ')
