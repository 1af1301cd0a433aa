/** Compiles the kernels, and as a command writes them where the engine finds them: `npm run kernels`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

/** A module of kernels: what is compiled, how, and where it is written. */
export interface Compiled {
  readonly source: string
  readonly target: string
  readonly options: readonly string[]
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const options = ['-O3', '--noAssert', '--runtime', 'stub']

/** The kernels of the engine, which share a memory, and those in float64, which have one of their own. */
export const modules = {
  engine: {
    source: at('index.ts'),
    target: at('../binary.ts'),
    options: [...options, '--enable', 'simd,threads', '--importMemory', '--sharedMemory', '--maximumMemory', '65536'],
  },
  float64: {
    source: at('float64/index.ts'),
    target: at('../solve/binary.ts'),
    options: [...options, '--enable', 'simd'],
  },
} as const satisfies Readonly<Record<string, Compiled>>

/** The module's bytes, as text of base 64. */
export const compile = async ({ source, options }: Compiled): Promise<string> => {
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

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const each of Object.values(modules)) writeFileSync(each.target, written(await compile(each)))
