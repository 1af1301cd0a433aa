/** What engines there are on this machine, which one a run would get and why, and what would mend the rest. */
import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as T from 'fp-ts/lib/Task.js'
import { defaultEngine } from './choose.js'
import { engineCommand } from './commands.js'
import type { EngineName } from './engine.js'
import type { NativeError } from './error.js'
import { findCpu } from './reference/index.js'
import { cacheFolder, type Native } from './tensorflow/install/cache.js'
import { findCompiler } from './tensorflow/install/compile.js'
import { tfjsVersion } from './tensorflow/install/package.js'
import { findPython } from './tensorflow/install/python.js'
import { type Answer, trial } from './tensorflow/install/trial.js'
import { threadsOf } from './tensorflow/load.js'
import { findNative } from './tensorflow/native.js'

/** A native binding and what came of trying it. */
export interface Tried {
  readonly native: Native
  /** TensorFlow's version and whether it sees a GPU, where a small gradient came out right. */
  readonly answer: E.Either<NativeError, Answer>
}

/** What was found on this machine. */
export interface Diagnosis {
  readonly node: string
  /** Cores this process may use. */
  readonly cores: number
  /** Threads a TensorFlow operation would use. */
  readonly threads: number
  /** Where built engines are kept. */
  readonly cache: string
  /** The engine a run gets that names none, if its net is large. */
  readonly chosen: EngineName
  /** Why: its binding is there, there is none, or it is there and does not work. */
  readonly why: 'native' | 'no native' | 'native broken'
  readonly engines: readonly { readonly name: EngineName; readonly ready: boolean }[]
  readonly tried: O.Option<Tried>
  /** What stands in the way of building the native engine, whether or not one is there. */
  readonly lacking: readonly NativeError[]
  /** The command that gives the faster engine, where it is missing. */
  readonly mend: O.Option<string>
}

const tryNative: T.Task<O.Option<Tried>> = async () => {
  const found = findNative()
  if (O.isNone(found)) return O.none
  return O.some({ native: found.value, answer: await trial(found.value.file)() })
}

const lackingTools: T.Task<readonly NativeError[]> = async () => {
  const tools: readonly E.Either<NativeError, unknown>[] = [
    tfjsVersion(),
    await findCompiler(),
    await findPython(),
  ]
  return tools.flatMap(tool => (E.isLeft(tool) ? [tool.left] : []))
}

const works = (tried: O.Option<Tried>): boolean =>
  pipe(
    tried,
    O.exists(({ answer }) => E.isRight(answer)),
  )

/** Looks at everything; loads nothing into this process. */
export const diagnose: T.Task<Diagnosis> = async () => {
  const tried = await tryNative()
  const ready = works(tried)
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
    lacking: await lackingTools(),
    mend: ready ? O.none : O.some(engineCommand()),
  }
}
