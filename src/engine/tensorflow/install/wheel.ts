/** Downloads, checks and unpacks the pinned wheels of TensorFlow from PyPI. */

import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { commandText } from '../../../io/text/command-text.js'
import type { NativeError } from '../../error.js'
import { type CommandError, command } from './command.js'
import { onDisk } from './disk.js'
import { type Pin, pins, pythonVersions } from './pins.js'
import type { Python } from './python.js'

/** The line in which pip says what went wrong. */
const pipReason = (failure: CommandError): string =>
  failure._tag === 'NotFound'
    ? failure.program
    : (failure.output.split('\n').find(line => line.startsWith('ERROR')) ?? failure.output.trim().slice(-300))

/** This Python where there is a wheel for it, so that pip's own cache may have it; else another. */
const versionFor = ({ version }: Python): string => (pythonVersions.includes(version) ? version : '3.12')

const platforms = ['manylinux_2_17_x86_64', 'manylinux2014_x86_64']

/** Downloads a wheel into an empty folder; returns its path. */
const fetchWheel =
  ({ requirement }: Pin, folder: string) =>
  (python: Python): TE.TaskEither<NativeError, string> =>
    pipe(
      command(python.program, [
        ...['-m', 'pip', 'download', requirement, '--no-deps', '--only-binary=:all:'],
        ...platforms.flatMap(platform => ['--platform', platform]),
        ...['--python-version', versionFor(python), '--dest', folder],
        ...['--quiet', '--no-input', '--disable-pip-version-check'],
      ]),
      TE.mapLeft(pipReason),
      TE.map(() => readdirSync(folder).find(name => name.endsWith('.whl'))),
      TE.flatMap(name =>
        name === undefined ? TE.left(`no wheel in ${folder}`) : TE.right(join(folder, name)),
      ),
      TE.mapLeft(
        (reason): NativeError => ({
          _tag: 'DownloadRefused',
          requirement,
          reason,
          mend: commandText('engine', '--tensorflow', 'DIR'),
        }),
      ),
    )

const sha256 = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

const broken =
  (file: string) =>
  (reason: string): NativeError => ({
    _tag: 'WheelBroken',
    file: basename(file),
    reason,
    mend: commandText('engine'),
  })

/** Checks a wheel against the pinned digests. */
export const checkWheel =
  ({ digests }: Pin) =>
  (file: string): TE.TaskEither<NativeError, string> =>
    pipe(
      TE.tryCatch(() => sha256(file), String),
      TE.mapLeft(broken(file)),
      TE.flatMap(got =>
        digests.includes(got)
          ? TE.right(file)
          : TE.left<NativeError, string>({
              _tag: 'ChecksumMismatch',
              file: basename(file),
              expected: digests,
              got,
              mend: `python3 -m pip cache purge, then ${commandText('engine')}`,
            }),
      ),
    )

/** The C API's libraries and headers, and CUDA's libraries; the rest of a wheel is Python. */
const unpacker = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist()
        if name.startswith(('tensorflow/libtensorflow', 'tensorflow/include/', 'nvidia/'))])
`

const lastLine = (failure: CommandError): string =>
  failure._tag === 'NotFound' ? failure.program : (failure.output.trim().split('\n').at(-1) ?? '')

/** Unpacks the required files of a wheel into `folder`. */
export const unpackWheel =
  (python: Python, folder: string) =>
  (file: string): TE.TaskEither<NativeError, void> =>
    pipe(
      command(python.program, ['-c', unpacker, file, folder]),
      TE.bimap(
        failure => broken(file)(lastLine(failure)),
        () => undefined,
      ),
    )

/** The stages of installing a wheel. */
export type WheelStage = 'download' | 'checksum' | 'unpack'

/** Downloads, checks and unpacks a pinned wheel into `folder`, then deletes the wheel. */
export const wheelInto =
  (folder: string, tell: (stage: WheelStage) => TE.TaskEither<never, void>) =>
  (python: Python) =>
  (pin: Pin): TE.TaskEither<NativeError, void> =>
    TE.bracket(
      onDisk(folder, () => mkdtempSync(join(folder, 'wheel-'))),
      wheelFolder =>
        pipe(
          tell('download'),
          TE.flatMap(() => fetchWheel(pin, wheelFolder)(python)),
          TE.tap(() => tell('checksum')),
          TE.flatMap(checkWheel(pin)),
          TE.tap(() => tell('unpack')),
          TE.flatMap(unpackWheel(python, folder)),
        ),
      wheelFolder => TE.fromIO(() => rmSync(wheelFolder, { recursive: true })),
    )

const parts = [
  'libtensorflow_cc.so.2',
  'libtensorflow_framework.so.2',
  'include/tensorflow/c/c_api.h',
] as const

/** `folder`, or `tensorflow` inside it, whichever has all that the binding needs. Errors  NotTensorFlow */
export const tensorflowIn = (folder: string): TE.TaskEither<NativeError, string> => {
  const nested = join(folder, 'tensorflow')
  const missingPart = (place: string) => parts.find(part => !existsSync(join(place, part)))
  const complete = [folder, nested].find(place => missingPart(place) === undefined)
  return complete !== undefined
    ? TE.right(complete)
    : TE.left({
        _tag: 'NotTensorFlow',
        folder,
        lacks: missingPart(existsSync(nested) ? nested : folder) ?? '',
        mend: `pip download ${pins.cpu[0].requirement}, unpack it, and name that folder`,
      })
}
