/** The addon from the npm package's own C++ source, against the TensorFlow of a wheel. */
import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { NativeError } from '../../error.js'
import { type CommandError, command, firstOf } from './command.js'
import { onDisk } from './disk.js'
import { packageFolder, tfjsPackage } from './package.js'

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

const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-DNAPI_VERSION=8', '-w']

/** Newer TensorFlow logs by absl, which reads no variable: apply the variable of the older logging. */
const quiet = `
#if __has_include("absl/log/globals.h")
#include <cstdlib>
#include "absl/log/globals.h"
namespace {
const bool quiet = [] {
  const char *level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(level == nullptr ? 0 : std::atoi(level)));
  return true;
}();
}
#endif
`

/** A hash of the build flags and sources. */
export const recipe: string = createHash('sha256')
  .update([...flags, quiet].join())
  .digest('hex')
  .slice(0, 6)

export interface Compilation {
  readonly compiler: string
  /** The folder with TensorFlow's libraries and headers. */
  readonly tensorflow: string
  /** The addon's library path; may begin with `$ORIGIN`. */
  readonly libraries: string
  readonly output: string
}

interface Sources {
  readonly headers: string
  readonly tfjs: string
}

const argumentsOf = (
  { tensorflow, libraries, output }: Compilation,
  { headers, tfjs }: Sources,
  own: string,
): readonly string[] => [
  ...flags,
  ...[join(headers, 'include'), join(tensorflow, 'include'), tfjs].map(folder => `-I${folder}`),
  ...['tfjs_backend.cc', 'tfjs_binding.cc'].map(source => join(tfjs, 'binding', source)),
  own,
  ...[`-L${tensorflow}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  ...[`-Wl,-rpath,${libraries}`, '-o', output],
]

const sources: E.Either<NativeError, Sources> = pipe(
  E.Do,
  E.bind('headers', () => packageFolder('node-api-headers')),
  E.bind('tfjs', () => packageFolder(tfjsPackage)),
)

/** Compiles and links the addon; returns its path. */
export const compile = (compilation: Compilation): TE.TaskEither<NativeError, string> => {
  const { compiler, output } = compilation
  const own = `${output}.quiet.cc`
  return pipe(
    TE.fromEither(sources),
    TE.tap(() => onDisk(dirname(output), () => writeFileSync(own, quiet))),
    TE.flatMap(found =>
      pipe(
        command(compiler, argumentsOf(compilation, found, own)),
        TE.mapLeft(
          (failure): NativeError => ({
            _tag: 'CompileFailed',
            compiler,
            reason: firstError(failure),
            mend: 'a compiler that knows C++17 (set CXX to it)',
          }),
        ),
      ),
    ),
    TE.flatMap(() => onDisk(dirname(output), () => rmSync(own))),
    TE.map(() => output),
  )
}
