/** Chooses engines: the one named, else the fast ones that are available. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Engine, type EngineError, type EngineName, engineNames } from './engine.js'
import { findNative } from './tensorflow/native.js'

const isEngine = (name: string): name is EngineName => engineNames.some(known => known === name)

type Load = (threads: number | undefined) => TE.TaskEither<EngineError, Engine>

/** Loads an engine's module on demand. */
const loadLazily =
  <M>(
    engine: EngineName,
    module: () => Promise<M>,
    load: (loaded: M, threads?: number) => TE.TaskEither<EngineError, Engine>,
  ): Load =>
  threads =>
    pipe(
      TE.tryCatch(
        module,
        (reason): EngineError => ({ _tag: 'EngineFailed', engine, reason: String(reason) }),
      ),
      TE.flatMap(loaded => load(loaded, threads)),
    )

const loaders: { readonly [N in EngineName]: Load } = {
  tensorflow: loadLazily(
    'tensorflow',
    () => import('./tensorflow/load.js'),
    ({ loadEngine }, threads) => loadEngine(threads === undefined ? {} : { threads }),
  ),
  wasm: loadLazily(
    'wasm',
    () => import('./wasm/index.js'),
    ({ loadWasm }, threads) => loadWasm(threads),
  ),
  cpu: loadLazily(
    'cpu',
    () => import('./cpu/index.js'),
    ({ loadCpu }) => loadCpu(),
  ),
}

/** The engine for large nets: TensorFlow where its binding is installed, else wasm. */
export const defaultEngine = (): EngineName => (O.isSome(findNative()) ? 'tensorflow' : 'wasm')

/**
 * Loads an engine by name, or the default one.
 *
 * Errors  UnknownEngine; those of loading it
 */
export const openEngine = (name?: string, threads?: number): TE.TaskEither<EngineError, Engine> =>
  pipe(
    TE.fromIO(() => name ?? defaultEngine()),
    TE.flatMapEither(
      E.fromPredicate(isEngine, (unknown): EngineError => ({ _tag: 'UnknownEngine', name: unknown })),
    ),
    TE.flatMap(engine => loaders[engine](threads)),
  )

/** All threads there are, half of them, as where two share a core, and one. */
const threadCounts = (most: number): readonly number[] => [...new Set([most, Math.ceil(most / 2), 1])]

const openEach = (
  names: readonly EngineName[],
  counts: readonly number[],
): TE.TaskEither<EngineError, readonly Engine[]> =>
  pipe(
    counts.flatMap(count => names.map(name => [name, count] as const)),
    TE.traverseSeqArray(([name, count]) => openEngine(name, count)),
  )

const isSame = (one: Engine, other: Engine): boolean =>
  one.name === other.name && one.threads === other.threads

/** A binding that cannot change its number of threads gives the same engine again. */
const differing = (first: Engine, others: readonly Engine[]): RNEA.ReadonlyNonEmptyArray<Engine> => [
  first,
  ...others.filter(
    (engine, nth) => !isSame(engine, first) && others.findIndex(other => isSame(other, engine)) === nth,
  ),
]

/**
 * The named engine; without a name the candidates that a run times, the default one first: each engine with each number
 * of threads, where that is not given.
 *
 * Errors  UnknownEngine; those of loading them
 */
export const enginesOf = (
  name?: string,
  threads?: number,
): TE.TaskEither<EngineError, RNEA.ReadonlyNonEmptyArray<Engine>> =>
  pipe(
    openEngine(name, threads),
    TE.bindTo('first'),
    TE.bind('others', ({ first }) =>
      name !== undefined
        ? TE.right<EngineError, readonly Engine[]>([])
        : openEach(
            first.name === 'wasm' ? ['wasm'] : [first.name, 'wasm'],
            threads === undefined ? threadCounts(first.threads) : [threads],
          ),
    ),
    TE.map(({ first, others }) => differing(first, others)),
  )
