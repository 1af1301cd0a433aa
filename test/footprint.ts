/**
 * What the package costs whoever installs it: packed, installed into an empty project without what only developers or
 * some commands need, and measured. Fails above the limit, and where anything installed would run a script.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const limit = 60
const megabyte = 1e6

interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
}

const npm = (folder: string, ...args: readonly string[]): string =>
  execFileSync('npm', [...args, '--loglevel=error', '--no-fund', '--no-audit'], {
    cwd: folder,
    encoding: 'utf8',
  })

const sizeOf = (path: string): number => {
  const found = statSync(path)
  return found.isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
    : found.size
}

const root = join(import.meta.dirname, '..')
const project = mkdtempSync(join(tmpdir(), 'espalier-footprint-'))
try {
  const [{ filename }] = JSON.parse(
    npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', project),
  )
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true }')
  npm(project, 'install', '--ignore-scripts', join(project, filename))
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
} finally {
  rmSync(project, { recursive: true, force: true })
}
