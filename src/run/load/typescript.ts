/** Lets Node load TypeScript by itself where it can: it strips the types, and a hook finds the files. */
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Resolve = <C extends { readonly parentURL?: string }, R>(
  specifier: string,
  context: C,
  next: (specifier: string, context: C) => R,
) => R

/** What Node 22.18 has, and its types of Node 20 do not. */
interface TypeScriptLoading {
  readonly registerHooks?: (hooks: { readonly resolve: Resolve }) => void
  readonly enableCompileCache?: (folder: string) => void
}

const { registerHooks, enableCompileCache } = module as TypeScriptLoading // as above

/** This program's sources, and where it runs: there, or where it is built. */
const sources = new URL('../../../src/', import.meta.url).href
const home = new URL('../../', import.meta.url).href

/** The module of this program where a source of it is meant, so that none is loaded twice. */
const ownModule = (url: string): string =>
  url.startsWith(sources)
    ? `${home}${url.slice(sources.length).replace(/\.ts$/, extname(import.meta.url))}`
    : url

/** The file that a TypeScript file means by the name that it will have once it is built; `null` where there is none. */
const findSource = (specifier: string, parent = ''): string | null => {
  if (!/^(\.{0,2}\/|file:).*\.[mc]?js$/.test(specifier) || !/\.[mc]?ts$/.test(parent)) return null
  const file = ownModule(new URL(specifier.replace(/js$/, 'ts'), parent).href)
  return existsSync(fileURLToPath(file)) ? file : null
}

const resolveSource: Resolve = (specifier, context, next) =>
  next(findSource(specifier, context.parentURL) ?? specifier, context)

const canStrip = 'typescript' in process.features && process.features.typescript !== false

let isRegistered = false

/**
 * Prepares Node to load TypeScript, once; false where it cannot. What is compiled is kept for the next process.
 *
 * Law  a file that imports `../src/x.js` of this package gets the module that this program runs
 */
export const registerTypeScript = (): boolean => {
  if (isRegistered || !canStrip || registerHooks === undefined) return isRegistered
  enableCompileCache?.(join(tmpdir(), 'espalier-compiled'))
  registerHooks({ resolve: resolveSource })
  isRegistered = true
  return true
}
