// Loads the sources, for npm's scripts: by Node itself where it strips types, else through tsx.
const { typescript } = process.features
if (typescript) (await import('./src/run/load/typescript.ts')).registerTypeScript()
else await import('tsx')
