/** Streams that nobody reads any more, or that are full: a run goes on without stderr; a result that is lost is a failure. */
import { renderMessage } from '../report/text/messages.js'
import { say } from './stderr.js'

export const guardStreams = (): void => {
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return // whoever read it has had enough
    process.exitCode = 1
    say(`espalier: ${renderMessage({ _tag: 'FileFailed', file: 'stdout', reason: message })}`)
  })
}
