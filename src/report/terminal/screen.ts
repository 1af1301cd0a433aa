/**
 * Lines on a stream and, where it is a terminal, at most one bar below them. The cursor stays visible and lines wrap as
 * usual, so that the terminal stays usable however the program ends.
 */
import { createRequire } from 'node:module'
import type { WriteStream } from 'node:tty'
import type { Options, Params, SingleBar } from 'cli-progress'
import { type Bar, barLine } from './bar.js'

export interface Screen {
  /** Columns of a line; `Infinity` where there is no terminal. */
  readonly width: () => number
  /** Writes a line; a bar is removed first. */
  readonly line: (text: string) => void
  /** Draws or updates the bar. */
  readonly bar: (bar: Bar) => void
  /** Removes the bar. */
  readonly clear: () => void
  /** Removes the bar; no other is drawn. */
  readonly close: () => void
}

/** Columns a bar leaves free, so that the `^C` a terminal echoes behind it begins no line. */
const margin = 3

/** The package is loaded with the first bar: most commands draw none. */
const openBar = (stream: WriteStream): SingleBar => {
  const { Format, Presets, SingleBar }: typeof import('cli-progress') = createRequire(import.meta.url)(
    'cli-progress',
  )
  const format = (options: Options, { maxWidth }: Params, { bar }: { readonly bar: Bar }): string =>
    barLine((share, barsize) => Format.BarFormat(share, { ...options, barsize }), maxWidth - margin)(bar)
  return new SingleBar(
    { format, stream, hideCursor: false, linewrap: true, clearOnComplete: true },
    Presets.shades_grey,
  )
}

const terminalScreen = (stream: WriteStream): Screen => {
  let drawn: SingleBar | null = null
  let closed = false
  const clear = () => {
    drawn?.stop()
    drawn = null
  }
  return {
    width: () => stream.columns || 80, // a terminal of unknown size has 0
    clear,
    line: text => {
      clear()
      stream.cursorTo(0) // after a ^C that the terminal echoed
      stream.clearLine(0)
      stream.write(`${text}\n`)
    },
    bar: bar => {
      if (closed) return
      if (drawn !== null) return drawn.update({ bar })
      drawn = openBar(stream)
      drawn.start(1, 0, { bar })
    },
    close: () => {
      clear()
      closed = true
    },
  }
}

const plainScreen = (stream: NodeJS.WriteStream): Screen => ({
  width: () => Infinity,
  line: text => void stream.write(`${text}\n`),
  bar: () => undefined,
  clear: () => undefined,
  close: () => undefined,
})

/** Whether bars are drawn: `TERM=dumb` and `NO_COLOR` ask for plain lines. */
const drawsBars = (stream: NodeJS.WriteStream, { TERM, NO_COLOR = '' }: NodeJS.ProcessEnv): boolean =>
  stream.isTTY === true && TERM !== 'dumb' && NO_COLOR === ''

export const screenOn = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Screen =>
  drawsBars(stream, env) ? terminalScreen(stream as WriteStream) : plainScreen(stream) // isTTY says it is one
