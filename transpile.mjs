// Keeps src/ as JavaScript in .compiled/ beside it, for a Node that cannot strip types: what has changed is transpiled again.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** AssemblyScript, which `npm run kernels` compiles. */
const kernels = join('engine', 'wasm', 'kernels')

/** A reader finds the old file or the new. */
const write = (file, content) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, content)
  renameSync(`${file}.${process.pid}`, file)
}

const isSource = name => name.endsWith('.ts') && !name.startsWith(kernels)

/** When a file was last written, and its bytes. */
const stampOf = file => {
  const { mtimeMs, size } = statSync(file)
  return `${mtimeMs} ${size}`
}

/** The stamps of all sources, by name. */
const stampsOf = sources =>
  Object.fromEntries(
    readdirSync(sources, { recursive: true })
      .filter(isSource)
      .map(name => [name, stampOf(join(sources, name))]),
  )

/** The stamps of the sources that are transpiled; none where nothing is, or the record is not whole. */
const readRecord = file => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}

const transpile = async (sources, compiled, names) => {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: names.map(name => join(sources, name)),
    outbase: sources,
    outdir: compiled,
    format: 'esm',
    platform: 'node',
    sourcemap: true,
    sourcesContent: false,
    write: false,
  })
  for (const { path, contents } of outputFiles) write(path, contents)
}

const remove = (compiled, name) => {
  const file = join(compiled, name.replace(/\.ts$/, '.js'))
  for (const each of [file, `${file}.map`]) rmSync(each, { force: true })
}

/** Brings `.compiled/` of a project up to date; gives the names of the sources that were transpiled. */
export const transpileSources = async root => {
  const [sources, compiled] = [join(root, 'src'), join(root, '.compiled')]
  const record = join(compiled, 'sources.json')
  const [now, then] = [stampsOf(sources), readRecord(record)]
  const changed = Object.keys(now).filter(name => now[name] !== then[name])
  const removed = Object.keys(then).filter(name => !(name in now))
  if (changed.length > 0) await transpile(sources, compiled, changed)
  for (const name of removed) remove(compiled, name)
  if (changed.length + removed.length > 0) write(record, JSON.stringify(now))
  return changed
}
