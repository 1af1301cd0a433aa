/** The log of a run read back, a line at a time: a run that is half done, or of another version, has lines that fit. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decode } from '../../io/codec.js'
import type { FileError } from '../../io/error.js'
import { readBytes } from '../../io/files.js'
import type { RunEvent } from '../events.js'
import { eventCodec } from '../storage/event-codec.js'

/** The events of a log, and how many of its lines are none that this version knows. */
export interface ReadLog {
  readonly events: readonly RunEvent[]
  readonly unknown: number
}

const parseLine = (line: string): E.Either<unknown, RunEvent> =>
  pipe(
    E.tryCatch((): unknown => JSON.parse(line), E.toError),
    E.flatMap((value): E.Either<unknown, RunEvent> => decode(eventCodec)(value)),
  )

const parseLog = (log: string): ReadLog => {
  const lines = log
    .split('\n')
    .filter(line => line !== '')
    .map(parseLine)
  const events = lines.flatMap(line => (E.isRight(line) ? [line.right] : []))
  return { events, unknown: lines.length - events.length }
}

/** A log without a file has no events. Errors  FileFailed */
export const readLog = (file: string): TE.TaskEither<FileError, ReadLog> =>
  pipe(
    readBytes(file),
    TE.map(bytes => parseLog(new TextDecoder().decode(bytes))),
    TE.orElse(error =>
      error._tag === 'FileMissing' ? TE.right({ events: [], unknown: 0 }) : TE.left(error),
    ),
  )
