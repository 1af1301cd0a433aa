// Loads the sources, for npm's scripts: by Node itself where it strips types, else through tsx.
const loadsByNode = async () =>
  process.features.typescript && (await import('./src/run/load/typescript.ts')).registerTypeScript()

if (!(await loadsByNode())) await import('tsx')
