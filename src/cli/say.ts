/** A line on stderr, where everything but results goes. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)
