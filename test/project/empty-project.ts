/** The built package as npm would give it to somebody: packed, and installed into a project that holds nothing else. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const npm = (folder: string, ...args: readonly string[]): string =>
  execFileSync('npm', [...args, '--loglevel=error', '--no-fund', '--no-audit'], {
    cwd: folder,
    encoding: 'utf8',
  })

const pack = (folder: string): string => {
  const [{ filename }] = JSON.parse(
    npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder),
  )
  return join(folder, filename)
}

/** Calls `use` with such a project's folder and the tarball in it; the folder is removed afterwards. */
export const inEmptyProject = (use: (project: string, tarball: string) => void): void => {
  const project = mkdtempSync(join(tmpdir(), 'espalier-project-'))
  try {
    const tarball = pack(project)
    writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
    npm(project, 'install', '--ignore-scripts', tarball)
    use(project, tarball)
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}
