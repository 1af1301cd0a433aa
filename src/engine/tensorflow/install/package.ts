/** Locates installed npm packages. */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NativeError } from '../../error.js'

const require = createRequire(import.meta.url)

/** The folder of an installed npm package. */
export const packageFolder = (name: string): E.Either<NativeError, string> =>
  E.tryCatch(
    () => dirname(require.resolve(`${name}/package.json`)),
    (): NativeError => ({ _tag: 'PackageMissing', name, mend: `npm install --ignore-scripts ${name}` }),
  )

export const tfjsPackage = '@tensorflow/tfjs-node-gpu'

/** The version of the installed `@tensorflow/tfjs-node-gpu`. */
export const tfjsVersion: () => E.Either<NativeError, string> = () =>
  pipe(
    packageFolder(tfjsPackage),
    E.map(() => (require(`${tfjsPackage}/package.json`) as { readonly version: string }).version), // every package has one
  )
