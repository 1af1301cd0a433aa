/** Finds a Python whose pip downloads wheels; nothing is installed into it. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { NativeError } from '../../error.js'
import { command, firstOf } from './command.js'

export interface Python {
  readonly program: string
  /** Such as `3.12`. */
  readonly version: string
}

const pythons = ['python3', 'python'] as const

const missing: NativeError = {
  _tag: 'ToolMissing',
  tool: 'python',
  tried: pythons,
  mend: 'apt-get install python3 python3-pip',
}

const withoutPip = (program: string): NativeError => ({
  _tag: 'ToolMissing',
  tool: 'pip',
  tried: [`${program} -m pip`],
  mend: `apt-get install python3-pip, or ${program} -m ensurepip --user`,
})

const version = 'import sys; print("%d.%d" % sys.version_info[:2])'

/** Finds a Python that has pip. */
export const findPython: TE.TaskEither<NativeError, Python> = pipe(
  firstOf(pythons, ['-c', version]),
  TE.mapLeft(() => missing),
  TE.flatMap(program =>
    pipe(
      command(program, ['-m', 'pip', '--version']),
      TE.flatMap(() => command(program, ['-c', version])),
      TE.bimap(
        () => withoutPip(program),
        ({ out }) => ({ program, version: out.trim() }),
      ),
    ),
  ),
)
