/** Commands of this program as a user types them. */

/** Whether this runs from the sources, by npm scripts; else it is an installed binary. */
const isCheckout = import.meta.url.endsWith('.ts')

/** An argument, quoted for a shell. */
const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** A command of this program. */
export const commandText = (name: string, args: readonly string[]): string =>
  [
    isCheckout ? `npm run ${name}` : `espalier ${name}`,
    ...(isCheckout && args.length > 0 ? ['--'] : []),
    ...args.map(quote),
  ].join(' ')

/** The command this program was started with. */
export const sameCommand = (name: string): string =>
  commandText(name, process.argv.slice(process.argv.indexOf(name) + 1))
