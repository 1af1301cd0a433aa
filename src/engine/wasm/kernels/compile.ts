/** Compiles the kernels, and as a command writes them where the engine finds them: `npm run kernels`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const source = fileURLToPath(new URL('index.ts', import.meta.url))
const target = fileURLToPath(new URL('../binary.ts', import.meta.url))

const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,threads', '--importMemory', '--sharedMemory', '--maximumMemory', '65536']

/** The module's bytes, as text of base 64. */
export const compile = async (): Promise<string> => {
  const files = new Map<string, Uint8Array>()
  const writeFile = (name: string, contents: string | Uint8Array) => {
    files.set(name, typeof contents === 'string' ? Buffer.from(contents) : contents)
  }
  const { error, stderr } = await asc.main([source, '--baseDir', '/', '--outFile', 'kernels.wasm', ...options], { writeFile })
  if (error !== null) throw new Error(stderr.toString())
  return Buffer.from(files.get('kernels.wasm') ?? []).toString('base64')
}

/** The module that holds them. */
export const written = (binary: string): string =>
  `/** The kernels of \`kernels/\`, compiled by \`npm run kernels\`: a WebAssembly module in base 64. */\nexport const binary =\n  '${binary}'\n`

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, written(await compile()))
