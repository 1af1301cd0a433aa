/**
 * What the package costs whoever installs it: packed, installed into an empty project without what only developers or
 * some commands need, and measured. Fails above the limit, and where anything installed would run a script.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inEmptyProject } from './empty-project.js'

const limit = 60
const megabyte = 1e6

interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
}

const sizeOf = (path: string): number => {
  const found = statSync(path)
  return found.isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
    : found.size
}

inEmptyProject(project => {
  const lock: Lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  const packages = Object.entries(lock.packages)
  const scripts = packages.flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path] : [],
  )
  const size = sizeOf(join(project, 'node_modules')) / megabyte
  console.log(
    `${size.toFixed(1)} MB in ${packages.length - 1} packages; install scripts: ${scripts.join(', ') || 'none'}`,
  )
  if (size > limit) throw new Error(`expected at most ${limit} MB, got ${size.toFixed(1)} MB`)
  if (scripts.length > 0) throw new Error(`expected no install script, got ${scripts.join(', ')}`)
})
