/** The cache of built engines, shared by all checkouts of a user. */
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import envPaths from 'env-paths'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'

/** The metadata of a built engine. */
export const Facts = t.type({
  /** TensorFlow's version, as it reports it. */
  tensorflow: t.string,
  /** The npm package whose C++ source the binding is. */
  tfjs: t.string,
  /** `cpu` and `gpu` are fetched wheels, `linked` is a TensorFlow found elsewhere on the machine. */
  kind: t.keyof({ cpu: null, gpu: null, linked: null }),
  /** The folder with TensorFlow's libraries. */
  libraries: t.string,
})
export type Facts = t.TypeOf<typeof Facts>

/** An existing official binding: built here, or the npm package's own. */
export type Native = BuiltNative | StockNative

/** The native modules: the official binding, and the project's own addon where it was built beside it. */
export interface NativeFiles {
  readonly file: string
  readonly addon: O.Option<string>
}

export interface BuiltNative extends NativeFiles {
  readonly source: 'built'
  readonly facts: Facts
}

export interface StockNative extends NativeFiles {
  readonly source: 'stock'
}

/** The folder of all engines: `ESPALIER_CACHE`, or where this system keeps caches. */
export const cacheFolder = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  join(env.ESPALIER_CACHE || envPaths('espalier', { suffix: '' }).cache, 'engines')

export const bindingName = 'tfjs_binding.node'
export const addonName = 'session.node'
const factsName = 'facts.json'
const currentName = 'current'

export const factsFile = (folder: string): string => join(folder, factsName)

const factsAt = (folder: string): O.Option<Facts> =>
  pipe(
    E.tryCatch(
      () => JSON.parse(readFileSync(factsFile(folder), 'utf8')) as unknown, // JSON.parse gives any
      E.toError,
    ),
    E.flatMapOption(
      json => O.fromEither(Facts.decode(json)),
      () => new Error(factsName),
    ),
    O.fromEither,
  )

/** The engine in `folder`, if its binding and TensorFlow's libraries exist. */
export const nativeAt = (folder: string): O.Option<BuiltNative> =>
  pipe(
    factsAt(folder),
    O.filter(({ libraries }) => existsSync(join(folder, bindingName)) && existsSync(libraries)),
    O.map(facts => ({
      source: 'built',
      file: join(folder, bindingName),
      addon: O.fromPredicate(existsSync)(join(folder, addonName)),
      facts,
    })),
  )

/** The engine built or chosen last. */
export const currentNative = (cache: string = cacheFolder()): O.Option<BuiltNative> =>
  nativeAt(join(cache, currentName))

/** Selects the engine of `key`. */
export const selectEngine = (cache: string, key: string): void => {
  const link = join(cache, currentName)
  const newLink = `${link}.${process.pid}`
  rmSync(newLink, { force: true })
  symlinkSync(key, newLink)
  renameSync(newLink, link)
}

/** Moves a finished folder into the cache atomically, and selects it. */
export const storeEngine = (cache: string, key: string, staged: string): void => {
  const target = join(cache, key)
  const backup = `${target}.old.${process.pid}`
  if (existsSync(target)) renameSync(target, backup)
  renameSync(staged, target)
  rmSync(backup, { recursive: true, force: true })
  selectEngine(cache, key)
}
