/**
 * Tries a release as its first user would: the package is installed into an empty project, and the README's first file
 * is described and trained there. The tarball that passed is left in the checkout; nothing is published.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { inEmptyProject, root } from './empty-project.js'

/** The first file of the README that is an experiment, as a project with the package installed would have it. */
const firstFile = (): string => {
  const blocks = readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)
  const found = [...blocks]
    .map(([, code = '']) => code)
    .find(code => code.includes('export default experiment('))
  if (found === undefined) throw new Error('README.md: expected a ts block with an experiment, got none')
  return found.replace("'../src/index.js'", "'espalier'")
}

inEmptyProject((project, tarball) => {
  writeFileSync(join(project, 'first.ts'), firstFile())
  const espalier = (...args: readonly string[]) =>
    execFileSync('npx', ['--no-install', 'espalier', ...args], { cwd: project, stdio: 'inherit' })
  espalier('describe', 'first.ts')
  espalier('train', 'first.ts', '--engine', 'wasm', '--out', 'run')
  espalier('describe', 'run')
  copyFileSync(tarball, join(root, basename(tarball)))
  console.log(`${basename(tarball)} installs, and runs the README's first file`)
})
