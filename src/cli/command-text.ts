/** Commands as they are typed where this runs. */

/** Sources are run by a checkout's scripts; what is built from them is installed. */
const here = import.meta.url.endsWith('.ts')

/** A word as a shell takes it. */
const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** A command of this program. */
export const commandText = (name: string, args: readonly string[]): string =>
  [
    here ? `npm run ${name}` : `espalier ${name}`,
    ...(here && args.length > 0 ? ['--'] : []),
    ...args.map(quote),
  ].join(' ')

/** The command this program was started with. */
export const sameCommand = (name: string): string =>
  commandText(name, process.argv.slice(process.argv.indexOf(name) + 1))
