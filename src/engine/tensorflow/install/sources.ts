/** What the native modules are built from: this project's C++ and the compiler's flags. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The compiler's, for both native modules. */
export const flags = [
  '-std=c++17',
  '-O2',
  '-fPIC',
  '-shared',
  '-fvisibility=hidden',
  '-DNAPI_VERSION=8',
  '-w',
]

/** Exceptions of C++ become those of JavaScript; none is thrown where no JavaScript can run any more. */
export const addonFlags = ['-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL', '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS']

/** The C++ of this project; the compiled package has it too. */
const ownFolder = fileURLToPath(new URL('../../../../src/engine/tensorflow/addon', import.meta.url))

/** Source of both native modules. */
export const quiet = join(ownFolder, 'quiet.cc')

export const ownSources = (): readonly string[] =>
  readdirSync(ownFolder, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(cc|h)$/.test(name))
    .toSorted()
    .map(name => join(ownFolder, name))

/** A hash of the build flags and of this project's sources. */
export const recipe = (): string =>
  [...flags, ...addonFlags, ...ownSources().map(file => readFileSync(file, 'utf8'))]
    .reduce((hash, text) => hash.update(text), createHash('sha256'))
    .digest('hex')
    .slice(0, 6)
