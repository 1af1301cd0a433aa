// Starts the command line from the sources, for npm's scripts: by Node itself where it strips types, else transpiled.
const isLoadedByNode = async () =>
  process.features.typescript && (await import('./src/run/load/typescript.ts')).registerTypeScript()

/** Whether the transpiled sources are up to date: not where a checkout cannot be written to. */
const isTranspiled = async () => {
  const { transpileSources } = await import('./transpile.mjs')
  return transpileSources(import.meta.dirname).then(
    () => true,
    reason => {
      if (['EACCES', 'EPERM', 'EROFS'].includes(reason.code)) return false
      throw reason
    },
  )
}

if (await isLoadedByNode()) await import('./src/cli.ts')
else if (await isTranspiled()) {
  if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true) // Node reads the map of every module it loads
  await import('./.compiled/cli.js')
} else {
  await import('tsx')
  await import('./src/cli.ts')
}
