/** Errors in arguments as one line of the form of all others; those that commander finds have words of its own. */

/** A sentence of commander, and the same in the form: where, expected X, got Y, what to try. */
type Rule = readonly [pattern: RegExp, write: (...parts: readonly string[]) => string]

const near = (found: string | undefined): string => (found ? `try ${found}, or --help` : 'try --help')

const rules: readonly Rule[] = [
  [
    /^unknown option '(.+?)'(?: \(Did you mean (.+)\?\))?$/,
    (option, found) => `expected a known option, got '${option}'; ${near(found)}`,
  ],
  [
    /^unknown command '(.+?)'(?: \(Did you mean (.+)\?\))?$/,
    (command, found) => `expected a command, got '${command}'; ${near(found)}`,
  ],
  [/^missing required argument '(.+)'$/, name => `<${name}>: expected an argument, got none; try --help`],
  [/^option '(\S+).*' argument missing$/, option => `${option}: expected a value, got none; try --help`],
  [/^required option '(.+)' not specified$/, option => `expected the option ${option}, got none; try --help`],
  [
    /^option '(\S+).*' argument '(.*)' is invalid\. Allowed choices are (.+)$/,
    (option, got, choices) => `${option}: expected one of ${choices}, got '${got}'; try --help`,
  ],
  [
    /^option '(\S+).*' argument '(.*)' is invalid\. (expected .+)$/,
    (option, got, expected) => `${option}: ${expected}, got '${got}'; try --help`,
  ],
  [
    /^option '(\S+).*' cannot be used with option '(\S+).*'$/,
    (option, other) => `${option}: expected it without ${other}, got both; try one of them`,
  ],
]

/** One line, without the name of the program. */
export const argumentLine = (text: string): string => {
  const line = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\.?\n/g, ' ')
    .replace(/\.$/, '')
  for (const [pattern, write] of rules) {
    const found = pattern.exec(line)
    if (found !== null) return write(...found.slice(1))
  }
  return line
}

/** What is wrong where an option is of use only with another. */
export const needsOption = (option: string, other: string): string =>
  `${option}: expected ${other} with it, got none; try adding it`
