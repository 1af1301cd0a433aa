/**
 * Every `@example` of a docstring compiles and runs, just as it stands. A name in it is what its file exports, else what
 * the preamble, the folder, the room or the public surface do, unless the example imports it.
 */
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, expect, test } from 'vitest'
import { exportModel } from '../src/convert/index.js'
import { image, init, net } from '../src/net/index.js'
import { convBnAct, dense, globalAvgPool } from '../src/net/words/leaves.js'
import { scratch, succeed } from './scratch.js'

const root = join(import.meta.dirname, '..')
const source = join(root, 'src')

interface Example {
  /** From `src` on. */
  readonly file: string
  readonly line: number
  readonly statements: readonly string[]
}

/** Facts an example may end in, where this machine has not what it names. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  'engine/tensorflow/install/build.ts': ['NotTensorFlow', 'ToolMissing', 'PackageMissing'],
}

/** A statement begins on a line that is neither indented nor the end of what was opened before. */
const statementsIn = (code: string): readonly string[] => code.trimEnd().split(/\n(?![\s)\]}])/)

const examplesIn = (file: string): readonly Example[] => {
  const text = readFileSync(join(source, file), 'utf8')
  return [...text.matchAll(/ \* @example\n((?: \*(?: .*)?\n)+?) \*\//g)].map(found => ({
    file,
    line: text.slice(0, found.index).split('\n').length + 1,
    statements: statementsIn((found[1] ?? '').replace(/^ \* ?/gm, '')),
  }))
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  name => name.endsWith('.ts') && !name.startsWith('engine/wasm/kernels'),
)
const examples = files.sort().flatMap(examplesIn)

/** A statement's own words: no strings, comments, keys or members of something. */
const namesIn = (statement: string): readonly string[] => {
  const code = statement.replace(/'[^']*'|\/\/.*/g, '')
  return [...code.matchAll(/(?<![.\w])[A-Za-z_]\w*\b(?!:)/g)].map(([name]) => name)
}

const isNoImport = (statement: string): boolean => !statement.startsWith('import ')

const declaredIn = (statement: string): readonly string[] =>
  namesIn(
    statement
      .match(/^const (.+?) =|^import (.+?) from/)
      ?.slice(1)
      .join('') ?? '',
  )

/** A door as a user names it, and where it is here. */
const imported = (statement: string): string =>
  statement.replace(/'espalier(\/\w+)?'/, (_, room = '') => `'${join(source, room, 'index.js')}'`)

const modules = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))

const rooms = ['net', 'graph', 'surgery', 'data', 'engine', 'learn', 'run', 'convert', 'report', 'async'].map(
  room => join(source, room, 'index.ts'),
)

/** Where names may come from, the nearest first. */
const origins = ({ file }: Example): readonly string[] => [
  join(source, file),
  join(import.meta.dirname, 'docs/preamble.ts'),
  ...(dirname(file).includes('/') ? modules(join(source, dirname(file))) : []),
  ...[join(source, file.split('/')[0] ?? '', 'index.ts')].filter(existsSync),
  join(source, 'index.ts'),
  ...rooms,
]

const exportsOf = async (module: string): Promise<readonly string[]> => Object.keys(await import(module))

/** The import of each name an example uses and does not declare. */
const importsOf = async (example: Example): Promise<readonly string[]> => {
  const declared = example.statements.flatMap(declaredIn)
  const expected = new Set(
    example.statements
      .filter(isNoImport)
      .flatMap(namesIn)
      .filter(name => !declared.includes(name)),
  )
  const lines: string[] = []
  for (const module of origins(example)) {
    const found = (await exportsOf(module)).filter(name => expected.delete(name))
    if (found.length > 0)
      lines.push(`import { ${found.join(', ')} } from '${module.replace(/\.ts$/, '.js')}'`)
  }
  return lines
}

const settled =
  ({ file }: Example) =>
  (statement: string): string => {
    if (!isNoImport(statement)) return imported(statement)
    const [, begin = '', rest = ''] = statement.match(/^(const .+? = |export default )?([\s\S]*)$/) ?? []
    const expected = /\/\/ Left\b/.test(statement) ? ['Left'] : (elsewhere[file] ?? [])
    return begin === '' ? `await settle(${JSON.stringify(expected)}, (\n${rest}\n))` : `${begin}${rest}`
  }

const moduleOf = async (example: Example): Promise<string> =>
  [
    `// ${example.file}:${example.line}`,
    "import * as E from 'fp-ts/lib/Either.js'",
    "import { pipe } from 'fp-ts/lib/function.js'",
    `import { settle } from '${join(import.meta.dirname, 'docs/settle.js')}'`,
    ...(await importsOf(example)),
    'export { E, pipe }',
    ...example.statements.map(settled(example)),
  ].join('\n')

const nameOf = ({ file, line }: Example): string => `${file.replaceAll('/', '-')}-${line}`

/** Runs every module named, and tells of each what went wrong, if anything did. */
const runner = (names: readonly string[]): string => `
const told = {}
for (const name of ${JSON.stringify(names)})
  told[name] = await import(\`./\${name}.ts\`).then(() => 'ran', reason => String(reason))
process.stdout.write('\\n' + JSON.stringify(told))
`

/** What examples find where they run: a model to read, and as many images as they take. */
const furnish = async (folder: string): Promise<void> => {
  const small = net('mobilenet', image(8, 8, 3), convBnAct(4), globalAvgPool, dense(3))
  const model = E.getOrElseW(() => null)(init(0)(small))
  if (model === null) throw new Error('the net to be read does not fit')
  const exported = async (to: 'keras' | 'onnx', file: string): Promise<void> => {
    const [written = ''] = await succeed(exportModel({ to, folder: join(folder, 'here', to) })(model))
    renameSync(written, join(folder, 'here', file))
  }
  await exported('keras', 'mobilenet.keras')
  await exported('onnx', 'resnet50.onnx')
  const idx = (sizes: readonly number[], byte: (at: number) => number): Uint8Array => {
    const head = Buffer.alloc(4 + 4 * sizes.length)
    head.set([0, 0, 8, sizes.length])
    for (const [nth, size] of sizes.entries()) head.writeInt32BE(size, 4 + 4 * nth)
    const count = sizes.reduce((a, b) => a * b, 1)
    return Buffer.concat([head, Uint8Array.from({ length: count }, (_, at) => byte(at))])
  }
  const mnist = join(folder, 'shared/data/mnist')
  mkdirSync(mnist, { recursive: true })
  for (const [part, count] of [
    ['train', 6000],
    ['t10k', 20],
  ] as const) {
    writeFileSync(
      join(mnist, `${part}-images-idx3-ubyte`),
      idx([count, 4, 4], at => (at * 7) % 256),
    )
    writeFileSync(
      join(mnist, `${part}-labels-idx1-ubyte`),
      idx([count], at => at % 10),
    )
  }
}

let folder = ''
const { compilerOptions }: { readonly compilerOptions: object } = JSON.parse(
  readFileSync(join(root, 'tsconfig.json'), 'utf8'),
)

beforeAll(async () => {
  folder = scratch()
  await furnish(folder)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const options = {
    ...compilerOptions,
    noUnusedLocals: false,
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
  )
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const example of examples)
    writeFileSync(join(folder, `${nameOf(example)}.ts`), await moduleOf(example))
  writeFileSync(join(folder, 'all.mjs'), runner(examples.map(nameOf)))
})

test('there are examples, and none is written in another way', () => {
  const marks = files.map(file => readFileSync(join(source, file), 'utf8').split('@example').length - 1)
  expect(examples.length).toBeGreaterThan(20)
  expect(examples).toHaveLength(marks.reduce((a, b) => a + b, 0))
})

test('every example compiles', async () => {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const said = await promisify(execFile)(process.execPath, [compiler, '-p', folder]).then(
    () => '',
    (failed: { readonly stdout: string; readonly stderr: string }) =>
      `${failed.stdout}${failed.stderr}` || 'failed',
  )
  expect(said).toBe('')
})

test('every example runs to its end', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), join(folder, 'all.mjs')],
    { cwd: join(folder, 'here') },
  )
  const told = JSON.parse(stdout.slice(stdout.lastIndexOf('\n')))
  expect(told).toEqual(Object.fromEntries(examples.map(example => [nameOf(example), 'ran'])))
})
