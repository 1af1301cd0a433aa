/** Which code runs: this package's version and, where it is a checkout of its own, the commit. */
import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as t from 'io-ts'

/** What code a run was begun with. */
export interface Code {
  readonly version: string
  /** The first 12 digits, and `-dirty` where the sources are no longer those committed; `null` outside a checkout. */
  readonly commit: string | null
}

const root = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)))

const git = (...args: readonly string[]) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })

const commitOf = (): string | null => {
  const { status, stdout } = git('rev-parse', '--show-toplevel', 'HEAD')
  const [top = '', commit = ''] = status === 0 ? stdout.split('\n') : []
  if (top === '' || realpathSync(top) !== root) return null
  const clean = git('diff', '--quiet', 'HEAD', '--', 'src', 'package-lock.json').status === 0
  return `${commit.slice(0, 12)}${clean ? '' : '-dirty'}`
}

const packageCodec = t.type({ version: t.string })

export const versionOf = (): string => {
  const stated: unknown = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  return packageCodec.is(stated) ? stated.version : 'unknown'
}

let known: Code | null = null

/** Asked once a process. */
export const codeNow = (): Code => {
  known ??= { version: versionOf(), commit: commitOf() }
  return known
}
