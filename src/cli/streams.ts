/** Closed or full streams: a run continues without stderr; a lost result is a failure. */
import { renderMessage } from '../report/text/render-message.js'
import { say } from './stderr.js'

export const guardStreams = (): void => {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return // the reader has closed the pipe, as head does
    process.exitCode = 1
    say(`espalier: ${renderMessage({ _tag: 'FileFailed', file: 'stdout', reason: message })}`)
  })
}

/** Columns of a terminal, 80 where it does not say; `Infinity` of anything else. */
export const widthOf = ({ isTTY, columns }: NodeJS.WriteStream): number => (isTTY ? columns || 80 : Infinity)
