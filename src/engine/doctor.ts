/** Diagnoses the engines of this machine: which work, which one a run gets and why, and how to mend the others. */
import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as T from 'fp-ts/lib/Task.js'
import { commandText } from '../io/text/command-text.js'
import { findCpu } from './cpu/index.js'
import type { EngineName } from './engine.js'
import type { NativeError } from './error.js'
import { diagnoseGpu, type GpuDiagnosis } from './gpu.js'
import { defaultEngine } from './open.js'
import { cacheFolder, type Native } from './tensorflow/install/cache.js'
import { findCompiler } from './tensorflow/install/compile.js'
import { tfjsVersion } from './tensorflow/install/package.js'
import { findPython } from './tensorflow/install/python.js'
import { type Answer, trial } from './tensorflow/install/trial.js'
import { threadsOf } from './tensorflow/load.js'
import { findNative } from './tensorflow/native.js'

/** A native binding and the result of its trial. */
export interface TrialResult {
  readonly native: Native
  /** TensorFlow's version and whether it sees a GPU; or the error of the trial. */
  readonly answer: E.Either<NativeError, Answer>
}

/** The diagnosis of a machine. */
export interface Diagnosis {
  readonly node: string
  /** Cores available to this process. */
  readonly cores: number
  /** Threads of a TensorFlow operation. */
  readonly threads: number
  /** The folder of built engines. */
  readonly cache: string
  /** The default engine for large nets. */
  readonly chosen: EngineName
  /** Why: the native binding works, is missing, or is broken. */
  readonly why: 'native' | 'no native' | 'native broken'
  readonly engines: readonly { readonly name: EngineName; readonly ready: boolean }[]
  readonly tried: O.Option<TrialResult>
  readonly gpu: GpuDiagnosis
  /** What is missing to build the native engine, whether or not one exists. */
  readonly lacking: readonly NativeError[]
  /** The command that installs the faster engine, where it does not work. */
  readonly mend: O.Option<string>
}

const tryNative = async (found: O.Option<Native>): Promise<O.Option<TrialResult>> => {
  if (O.isNone(found)) return O.none
  return O.some({ native: found.value, answer: await trial(found.value)() })
}

const findMissingTools: T.Task<readonly NativeError[]> = async () => {
  const tools: readonly E.Either<NativeError, unknown>[] = [
    tfjsVersion(),
    await findCompiler(),
    await findPython(),
  ]
  return tools.flatMap(tool => (E.isLeft(tool) ? [tool.left] : []))
}

const isWorking = (tried: O.Option<TrialResult>): boolean =>
  pipe(
    tried,
    O.exists(({ answer }) => E.isRight(answer)),
  )

/** Diagnoses this machine; loads no engine into this process. */
export const diagnose: T.Task<Diagnosis> = async () => {
  const found = findNative()
  const tried = await tryNative(found)
  const ready = isWorking(tried)
  return {
    node: process.version,
    cores: availableParallelism(),
    threads: threadsOf(),
    cache: cacheFolder(),
    chosen: defaultEngine(),
    why: ready ? 'native' : O.isNone(tried) ? 'no native' : 'native broken',
    engines: [
      { name: 'tensorflow', ready },
      { name: 'wasm', ready: true },
      { name: 'cpu', ready: E.isRight(findCpu()) },
    ],
    tried,
    gpu: await diagnoseGpu(found)(),
    lacking: await findMissingTools(),
    mend: ready ? O.none : O.some(commandText('engine')),
  }
}
