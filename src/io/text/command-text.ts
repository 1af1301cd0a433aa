/** Commands of this program as a user types them: in a checkout npm's scripts, else the binary of the package. */

/** Whether this runs in a checkout, from `src/` or from what is transpiled of it: a package runs from `dist/`. */
export const isCheckout = !new URL('../..', import.meta.url).href.endsWith('/dist/')

/** The npm script of a command, where it has another name. */
const scripts: Readonly<Record<string, string>> = { train: 'compile-and-train' }

/** An argument, quoted for a shell. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** An argument without the credentials of the address it is. */
const withoutCredentials = (word: string): string =>
  word.replace(/^((?:--mlflow=)?https?:\/\/)[^/@]*@/i, '$1')

/** A command of this program, with no password in it. */
export const commandText = (name: string, ...args: readonly string[]): string =>
  [
    isCheckout ? `npm run ${scripts[name] ?? name}` : `npx espalier ${name}`,
    ...(isCheckout && args.length > 0 ? ['--'] : []),
    ...args.map(withoutCredentials).map(quote),
  ].join(' ')

/** The command this program was started with. */
export const sameCommand = (name: string): string =>
  commandText(name, ...process.argv.slice(process.argv.indexOf(name) + 1))
