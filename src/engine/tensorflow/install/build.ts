/** Builds the native engine: downloads, compiles, tries it, and moves it into the cache. */

import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { makeFolders } from '../../../io/files.js'
import { commandText } from '../../../io/text/command-text.js'
import type { NativeError } from '../../error.js'
import {
  addonName,
  bindingName,
  cacheFolder,
  type Facts,
  factsFile,
  nativeAt,
  selectEngine,
  storeEngine,
} from './cache.js'
import { compile, findCompiler } from './compile.js'
import { onDisk } from './disk.js'
import { tfjsVersion } from './package.js'
import { pins, tensorflowVersion, type WheelKind } from './pins.js'
import { findPython } from './python.js'
import { recipe } from './sources.js'
import { type Answer, trial } from './trial.js'
import { tensorflowIn, type WheelStage, wheelInto } from './wheel.js'

export type Stage = 'tools' | WheelStage | 'compile' | 'try'

export interface BuildOptions {
  /** Whether to use the wheel with GPU support, which falls back to the CPU. */
  readonly gpu?: boolean
  /** An existing TensorFlow: an unpacked wheel, a `site-packages`, or the `tensorflow` folder in one. */
  readonly tensorflow?: string
  readonly cache?: string
  /** Called before each stage. */
  readonly onProgress?: (stage: Stage) => void
}

/** A built engine. */
export interface Built {
  readonly file: string
  readonly facts: Facts
  readonly gpu: boolean
  /** Whether it was built before. */
  readonly kept: boolean
}

interface Plan {
  readonly kind: Facts['kind']
  readonly key: string
  readonly cache: string
  readonly tell: (stage: Stage) => TE.TaskEither<never, void>
}

const planOf = (
  { gpu = false, tensorflow, cache = cacheFolder(), onProgress }: BuildOptions,
  tfjs: string,
): Plan => {
  const kind = tensorflow === undefined ? (gpu ? 'gpu' : 'cpu') : 'linked'
  const version =
    tensorflow === undefined
      ? tensorflowVersion
      : createHash('sha256').update(realpathSync(tensorflow)).digest('hex').slice(0, 12)
  return {
    kind,
    key: `tfjs-${tfjs}-tensorflow-${version}-${kind}-${process.platform}-${process.arch}-${recipe()}`,
    cache,
    tell: stage => TE.fromIO(() => onProgress?.(stage)),
  }
}

const builtOf =
  (kept: boolean) =>
  (file: string, facts: Facts, { version, gpu }: Answer): Built => ({
    file,
    facts: { ...facts, tensorflow: version },
    gpu,
    kept,
  })

/** Reuses an engine with the same key, if it still works. */
const reuse = ({ cache, key, tell }: Plan): TE.TaskEither<NativeError, Built> =>
  pipe(
    nativeAt(join(cache, key)),
    TE.fromOption(
      (): NativeError => ({
        _tag: 'LoadFailed',
        file: key,
        reason: 'not built',
        mend: commandText('engine'),
      }),
    ),
    TE.tap(() => tell('try')),
    TE.flatMap(native =>
      pipe(
        trial(native),
        TE.map(answer => builtOf(true)(native.file, native.facts, answer)),
      ),
    ),
    TE.tap(() => onDisk(cache, () => selectEngine(cache, key))),
  )

const noWheel: NativeError = {
  _tag: 'NoWheel',
  platform: `${process.platform} ${process.arch}`,
  mend: commandText('engine', '--tensorflow', 'DIR'),
}

/** Downloads and unpacks the pinned wheels into `staged`. */
const fetchTensorflow = (
  kind: WheelKind,
  staged: string,
  tell: Plan['tell'],
): TE.TaskEither<NativeError, string> =>
  pipe(
    findPython,
    TE.filterOrElse(
      () => process.platform === 'linux' && process.arch === 'x64',
      (): NativeError => noWheel,
    ),
    TE.flatMap(python => TE.traverseSeqArray(wheelInto(staged, tell)(python))(pins[kind])),
    TE.flatMap(() => tensorflowIn(staged)),
  )

interface Place {
  readonly tensorflow: string
  /** The library path of the native modules in their final place. */
  readonly libraries: string
}

/** Compiles in `staged`, tries it, and moves it to its place in the cache. */
const finish =
  ({ kind, key, cache, tell }: Plan, tfjs: string, staged: string, compiler: string) =>
  ({ tensorflow, libraries }: Place): TE.TaskEither<NativeError, Built> =>
    pipe(
      tell('compile'),
      TE.flatMap(() => compile({ compiler, tensorflow, libraries, output: staged })),
      TE.tap(() => tell('try')),
      TE.flatMap(() => trial({ file: join(staged, bindingName), addon: O.some(join(staged, addonName)) })),
      TE.flatMap(answer => {
        const place = join(cache, key)
        const facts: Facts = {
          tensorflow: answer.version,
          tfjs,
          kind,
          libraries: kind === 'linked' ? tensorflow : join(place, 'tensorflow'),
        }
        return onDisk(cache, () => {
          rmSync(join(staged, 'tensorflow', 'include'), { recursive: true, force: true })
          writeFileSync(factsFile(staged), `${JSON.stringify(facts, null, 2)}\n`)
          storeEngine(cache, key, staged)
          return builtOf(false)(join(place, bindingName), facts, answer)
        })
      }),
    )

const hour = 3_600_000

/** Makes a folder to build in, and removes those of builds that were interrupted. */
const stage = (cache: string): string => {
  makeFolders(cache)
  for (const name of readdirSync(cache).filter(entry => entry.startsWith('build-'))) {
    const folder = join(cache, name)
    if (Date.now() - statSync(folder).mtimeMs > hour) rmSync(folder, { recursive: true, force: true })
  }
  return mkdtempSync(join(cache, 'build-'))
}

const locateTensorflow = (
  { kind, tell }: Plan,
  staged: string,
  folder: string,
): TE.TaskEither<NativeError, Place> =>
  kind === 'linked'
    ? pipe(
        tensorflowIn(realpathSync(folder)),
        TE.map(tensorflow => ({ tensorflow, libraries: tensorflow })),
      )
    : pipe(
        fetchTensorflow(kind, staged, tell),
        TE.map(tensorflow => ({ tensorflow, libraries: '$ORIGIN/tensorflow' })),
      )

const build = (plan: Plan, tfjs: string, folder: string): TE.TaskEither<NativeError, Built> =>
  pipe(
    plan.tell('tools'),
    TE.flatMap(() => findCompiler),
    TE.flatMap(compiler =>
      TE.bracket(
        onDisk(plan.cache, () => stage(plan.cache)),
        staged =>
          pipe(locateTensorflow(plan, staged, folder), TE.flatMap(finish(plan, tfjs, staged, compiler))),
        staged => TE.fromIO(() => rmSync(staged, { recursive: true, force: true })),
      ),
    ),
  )

/**
 * Builds the native engine into the cache, unless it is there and works, and selects it.
 *
 * Errors  every `NativeError`; a failed build leaves no files
 *
 * @example
 * buildNative({ tensorflow: '/opt/tensorflow', onProgress: stage => console.error(stage) })
 */
export const buildNative = (options: BuildOptions = {}): TE.TaskEither<NativeError, Built> =>
  pipe(
    TE.fromEither(tfjsVersion()),
    TE.tap(() => (options.tensorflow === undefined ? TE.right('') : tensorflowIn(options.tensorflow))),
    TE.flatMap(tfjs => {
      const plan = planOf(options, tfjs)
      return pipe(
        reuse(plan),
        TE.orElse(() => build(plan, tfjs, options.tensorflow ?? '')),
      )
    }),
  )
