/** A run's log on disk: an event a line, appended. What of it belongs to a checkpoint, and what is damaged. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { isRecord } from '../../io/codec.js'
import { appendLine, readBytes, truncateTo } from '../../io/files.js'
import { parseJson } from '../../io/json.js'
import type { RunContext } from '../context.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import type { Note } from '../notes.js'
import { eventCodec } from './event-codec.js'

/** Appends events, counted in bytes from where the log is. */
export const openLog = (
  file: string,
  from: number,
  onEvent: (event: RunEvent) => void,
): Pick<RunContext, 'emit' | 'logLength'> => {
  let length = from
  return {
    emit: event => {
      const line = JSON.stringify(eventCodec.encode(event))
      length += Buffer.byteLength(line) + 1
      onEvent(event)
      return appendLine(file, line)
    },
    logLength: () => length,
  }
}

const newline = 10

const isEvent = (line: Uint8Array): boolean => pipe(parseJson('')(line), E.exists(isRecord))

/** Bytes of the whole lines at the beginning of a log, no more than `most`. */
const wholeLines = (log: Uint8Array, most: number): number => {
  let kept = 0
  while (kept < most) {
    const end = log.indexOf(newline, kept)
    if (end < 0 || end >= most || !isEvent(log.subarray(kept, end))) break
    kept = end + 1
  }
  return kept
}

/**
 * Cuts a log to the bytes a checkpoint knows of, as a run that was killed may have written more; to the whole lines
 * among them where it is damaged, which is told. Gives back how many bytes it holds then.
 */
export const mendLog = (
  file: string,
  known: number,
  onNote: (note: Note) => void,
): TE.TaskEither<RunError, number> =>
  pipe(
    readBytes(file),
    TE.orElse(error => (error._tag === 'FileMissing' ? TE.right(new Uint8Array()) : TE.left(error))),
    TE.map(log => wholeLines(log, known)),
    TE.tap(kept => truncateTo(file, kept)),
    TE.tapIO(kept => () => {
      if (kept < known) onNote({ _tag: 'LogMended', file, kept, known })
    }),
  )
