/** Finds the native engine, without loading it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import { bindingName, cacheFolder, currentNative, type Native } from './install/cache.js'
import { packageFolder, tfjsPackage } from './install/package.js'

/** The binding that the npm package's own install script downloaded, if any. */
const stockNative: () => O.Option<Native> = () =>
  pipe(
    packageFolder(tfjsPackage),
    O.fromEither,
    O.map(folder => join(folder, 'lib')),
    O.filter(existsSync),
    O.flatMap(lib =>
      O.fromNullable(
        readdirSync(lib)
          .map(name => join(lib, name, bindingName))
          .find(existsSync),
      ),
    ),
    O.map(file => ({ source: 'stock', file, addon: O.none })),
  )

/**
 * The binding in use: the one built last, else the npm package's own. Graphs are encoded with that package's protobuf
 * messages, so there is no engine without it.
 */
export const findNative = (cache: string = cacheFolder()): O.Option<Native> =>
  pipe(
    currentNative(cache),
    O.alt<Native>(stockNative),
    O.filter(() => E.isRight(packageFolder(tfjsPackage))),
  )
