/** A terminal that keeps what is drawn on it. */
import type { Bar } from '../../../src/report/terminal/bar.js'
import type { Screen } from '../../../src/report/terminal/screen.js'

/** What is drawn and said, kept. */
export const keeping = (): Screen & { readonly bars: Bar[]; readonly lines: string[] } => {
  const [bars, lines]: [Bar[], string[]] = [[], []]
  return {
    bars,
    lines,
    width: () => Infinity,
    line: text => void lines.push(text),
    bar: bar => void bars.push(bar),
    clear: () => undefined,
    close: () => undefined,
  }
}
