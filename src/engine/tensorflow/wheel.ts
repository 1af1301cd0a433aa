/** TensorFlow from PyPI: the pinned wheels, how they are fetched, checked and unpacked. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { NativeError } from '../error.js'
import { type CommandError, command, firstOf } from './command.js'

export const tensorflowVersion = '2.20.0'

/** `cpu` is small; `gpu` runs on either. */
export type WheelKind = 'cpu' | 'gpu'

const packages = { cpu: 'tensorflow-cpu', gpu: 'tensorflow' } as const

/** sha256 of each wheel by the Python it is tagged for; the libraries inside are the same. Source  PyPI */
const digests: Readonly<Record<WheelKind, Readonly<Record<string, string>>>> = {
  cpu: {
    cp39: '90cf8009bdf60297c23e098b574e053faa5d7872857df110fe13fc58cfa8b5db',
    cp310: '1a3ef238410543ee884b64d222775727504407395785d3719a9ee8d016d1c583',
    cp311: 'cf756bbe2d256e942ab5d0ad2c858fb40017581494febdb4387c149b1afde780',
    cp312: 'c7a9224185818094ed95c4e114d3efe77241db35fbf0b75251fb2bf6222dd6a7',
    cp313: 'da6e7791e5e10ec84e6225c45e04fee05f33d7b828c9b61cc905f4146f7c64b5',
  },
  gpu: {
    cp39: '0deb5c583dfc53b54fd158a194ce0087b406bb6518af400ca3809735e4548ec3',
    cp310: '7abd7f3a010e0d354dc804182372779a722d474c4d8a3db8f4a3f5baef2a591e',
    cp311: '481499fd0f824583de8945be61d5e827898cdaa4f5ea1bc2cc28ca2ccff8229e',
    cp312: '25265b0bc527e0d54b1e9cc60c44a24f44a809fe27666b905f0466471f9c52ec',
    cp313: '5fa3729b0126f75a99882b89fb7d536515721eda8014a63e259e780ba0a37372',
  },
}

/** A Python with pip, and the tag of its wheels. */
export interface Python {
  readonly program: string
  readonly tag: string
}

const pythons = ['python3', 'python'] as const

/** Finds a Python that has pip. */
export const findPython: TE.TaskEither<NativeError, Python> = pipe(
  firstOf(pythons, ['--version']),
  TE.mapLeft(
    (): NativeError => ({
      _tag: 'ToolMissing',
      tool: 'python',
      tried: pythons,
      mend: 'apt-get install python3 python3-pip',
    }),
  ),
  TE.flatMap(program =>
    pipe(
      command(program, ['-m', 'pip', '--version']),
      TE.flatMap(() => command(program, ['-c', 'import sys; print("cp%d%d" % sys.version_info[:2])'])),
      TE.bimap(
        (): NativeError => ({
          _tag: 'ToolMissing',
          tool: 'pip',
          tried: [`${program} -m pip`],
          mend: `apt-get install python3-pip, or ${program} -m ensurepip --user`,
        }),
        ({ out }) => ({ program, tag: out.trim() }),
      ),
    ),
  ),
)

/** The line in which pip says what went wrong. */
const pipReason = (failure: CommandError): string =>
  failure._tag === 'NotFound'
    ? failure.program
    : (failure.output.split('\n').find(line => line.startsWith('ERROR')) ?? failure.output.trim().slice(-300))

/** The wheel made for this Python where there is one, so that pip's own cache may have it; else another. */
const tagFor = (kind: WheelKind, { tag }: Python): string => (tag in digests[kind] ? tag : 'cp312')

const platform = 'manylinux_2_17_x86_64'

/** Downloads the wheel into `folder`; gives its file. */
export const fetchWheel =
  (kind: WheelKind, folder: string) =>
  (python: Python): TE.TaskEither<NativeError, string> => {
    const requirement = `${packages[kind]}==${tensorflowVersion}`
    const version = tagFor(kind, python).replace('cp3', '3.')
    return pipe(
      command(python.program, [
        ...['-m', 'pip', 'download', requirement, '--no-deps', '--only-binary=:all:'],
        ...['--platform', platform, '--python-version', version, '--dest', folder],
        ...['--quiet', '--no-input', '--disable-pip-version-check'],
      ]),
      TE.map(() => readdirSync(folder).find(name => name.endsWith('.whl'))),
      TE.mapLeft(pipReason),
      TE.flatMap(name =>
        name === undefined ? TE.left(`no wheel in ${folder}`) : TE.right(join(folder, name)),
      ),
      TE.mapLeft(
        (reason): NativeError => ({
          _tag: 'DownloadRefused',
          requirement,
          reason,
          mend: 'npm run engine -- --tensorflow DIR',
        }),
      ),
    )
  }

const sha256 = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** The pinned digest of a wheel by its file name, as in `tensorflow_cpu-2.20.0-cp311-cp311-….whl`. */
export const digestOf = (kind: WheelKind, file: string): string | undefined =>
  digests[kind][basename(file).split('-')[2] ?? '']

/** Passes the file on only where it is what was pinned. */
export const checkWheel =
  (wanted: string | undefined) =>
  (file: string): TE.TaskEither<NativeError, string> =>
    pipe(
      TE.tryCatch(
        () => sha256(file),
        (reason): NativeError => ({
          _tag: 'WheelBroken',
          file: basename(file),
          reason: String(reason),
          mend: 'npm run engine',
        }),
      ),
      TE.flatMap(got =>
        got === wanted
          ? TE.right(file)
          : TE.left<NativeError, string>({
              _tag: 'ChecksumMismatch',
              file: basename(file),
              wanted: wanted ?? 'a known wheel',
              got,
              mend: 'python3 -m pip cache purge, then npm run engine',
            }),
      ),
    )

/** The C API's libraries and headers; the rest of a wheel is Python. */
const unpacker = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist()
        if name.startswith(('tensorflow/libtensorflow', 'tensorflow/include/', 'nvidia/'))])
`

/** Unpacks what is needed of a wheel into `folder`. */
export const unpackWheel =
  (python: Python, folder: string) =>
  (file: string): TE.TaskEither<NativeError, string> =>
    pipe(
      command(python.program, ['-c', unpacker, file, folder]),
      TE.bimap(
        (failure): NativeError => ({
          _tag: 'WheelBroken',
          file: basename(file),
          reason:
            failure._tag === 'NotFound' ? failure.program : (failure.output.trim().split('\n').at(-1) ?? ''),
          mend: 'npm run engine',
        }),
        () => join(folder, 'tensorflow'),
      ),
    )

const parts = [
  'libtensorflow_cc.so.2',
  'libtensorflow_framework.so.2',
  'include/tensorflow/c/c_api.h',
] as const

/** `folder`, or the `tensorflow` inside it, where all that the binding needs is there. */
export const tensorflowIn = (folder: string): TE.TaskEither<NativeError, string> => {
  const places = [folder, join(folder, 'tensorflow')]
  const lacking = (place: string) => parts.find(part => !existsSync(join(place, part)))
  const whole = places.find(place => lacking(place) === undefined)
  return whole !== undefined
    ? TE.right(whole)
    : TE.left({
        _tag: 'NotTensorFlow',
        folder,
        lacks: lacking(existsSync(join(folder, 'tensorflow')) ? join(folder, 'tensorflow') : folder) ?? '',
        mend: `pip download ${packages.cpu}==${tensorflowVersion}, unpack it, and name that folder`,
      })
}
