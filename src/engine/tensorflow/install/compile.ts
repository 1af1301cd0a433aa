/** The native modules, from the npm package's own C++ source and from this project's, against the TensorFlow of a wheel. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as IOE from 'fp-ts/lib/IOEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { NativeError } from '../../error.js'
import { addonName, bindingName } from './cache.js'
import { type CommandError, command, firstOf } from './command.js'
import { packageFolder, tfjsPackage } from './package.js'
import { addonFlags, flags, ownSources, quiet, recipe } from './sources.js'

const compilers = (env: NodeJS.ProcessEnv): readonly [string, ...string[]] =>
  env.CXX ? [env.CXX] : ['g++', 'clang++', 'c++']

/** Finds a C++ compiler: `CXX`, or one of the usual names. */
export const findCompiler: TE.TaskEither<NativeError, string> = async () => {
  const tried = compilers(process.env)
  return pipe(
    await firstOf(tried, ['--version'])(),
    E.mapLeft(
      (): NativeError => ({
        _tag: 'ToolMissing',
        tool: 'compiler',
        tried,
        mend: 'apt-get install g++',
      }),
    ),
  )
}

/** The first line of the output that names an error. */
const firstError = (failure: CommandError): string =>
  failure._tag === 'NotFound'
    ? failure.program
    : (failure.output.split('\n').find(line => /error[: ]|cannot find|undefined reference/i.test(line)) ??
      failure.output.trim().slice(0, 300))

export interface Compilation {
  readonly compiler: string
  /** The folder with TensorFlow's libraries and headers. */
  readonly tensorflow: string
  /** The library path of what is built; may begin with `$ORIGIN`. */
  readonly libraries: string
  /** The folder for what is built. */
  readonly output: string
}

/** What one native module is built from. */
interface Recipe {
  readonly name: string
  readonly flags: readonly string[]
  readonly includes: readonly string[]
  readonly sources: readonly string[]
}

const argumentsOf = ({ tensorflow, libraries, output }: Compilation, module: Recipe): readonly string[] => [
  ...flags,
  ...module.flags,
  ...[...module.includes, join(tensorflow, 'include')].map(folder => `-I${folder}`),
  ...module.sources,
  ...[`-L${tensorflow}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  ...[`-Wl,-rpath,${libraries}`, '-o', join(output, module.name)],
]

/** The official binding, from the npm package's own source, and the addon. */
const recipes: IOE.IOEither<NativeError, readonly Recipe[]> = () =>
  pipe(
    E.Do,
    E.bind('headers', () => packageFolder('node-api-headers')),
    E.bind('wrapper', () => packageFolder('node-addon-api')),
    E.bind('tfjs', () => packageFolder(tfjsPackage)),
    E.map(({ headers, wrapper, tfjs }) => [
      {
        name: bindingName,
        flags: [],
        includes: [join(headers, 'include'), tfjs],
        sources: [...['tfjs_backend.cc', 'tfjs_binding.cc'].map(name => join(tfjs, 'binding', name)), quiet],
      },
      {
        name: addonName,
        flags: [...addonFlags, `-DSOURCES="${recipe()}"`],
        includes: [join(headers, 'include'), wrapper],
        sources: ownSources().filter(file => file.endsWith('.cc')),
      },
    ]),
  )

const compileOne =
  (compilation: Compilation) =>
  (module: Recipe): TE.TaskEither<NativeError, unknown> =>
    pipe(
      command(compilation.compiler, argumentsOf(compilation, module)),
      TE.mapLeft(
        (failure): NativeError => ({
          _tag: 'CompileFailed',
          compiler: compilation.compiler,
          reason: firstError(failure),
          mend: 'a compiler that knows C++17 (set CXX to it)',
        }),
      ),
    )

/** Compiles and links the official binding and the addon. */
export const compile = (compilation: Compilation): TE.TaskEither<NativeError, void> =>
  pipe(
    TE.fromIOEither(recipes),
    TE.flatMap(TE.traverseSeqArray(compileOne(compilation))),
    TE.map(() => undefined),
  )
