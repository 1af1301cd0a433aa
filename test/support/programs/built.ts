/**
 * The program as plain JavaScript, for the tests that start it: through a transpiler each start costs twice. Not `dist`,
 * which a user's build may be writing.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../../..')

/** Beside `src`, as `dist` is: the program finds what comes with it from there. */
export const built = join(root, '.built')

/** What a build was made of: how many files, and when the last of them was written. */
const sourcesStamp = (): string => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const written = files.map(file => statSync(join(root, 'src', file)).mtimeMs)
  return `${files.length} ${Math.max(...written)}`
}

const compile = (): void => {
  const leaveOut = ['--declaration', '--declarationMap', '--sourceMap'].flatMap(option => [option, 'false'])
  execFileSync(
    process.execPath,
    [
      ...[join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
      ...['--noCheck', '--outDir', built, ...leaveOut], // `npm run types` checks
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  )
}

/** Compiles the sources, unless that was done since the last of them was written. */
export const build = (): void => {
  const [stamp, file] = [sourcesStamp(), join(built, 'stamp')]
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  rmSync(built, { recursive: true, force: true })
  compile()
  writeFileSync(file, stamp)
}
