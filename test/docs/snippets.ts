/**
 * Code of documents as modules: an example compiles and runs just as it stands. A name in it is what it declares or
 * imports, else what the first of its origins exports.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const root = join(import.meta.dirname, '../..')
export const source = join(root, 'src')
export const preamble = join(import.meta.dirname, 'preamble.ts')

/** The rooms a user imports from, in the order in which a name is looked for. */
export const rooms: readonly string[] = [
  'net',
  'graph',
  'surgery',
  'data',
  'engine',
  'learn',
  'run',
  'convert',
  'report',
  'async',
].map(room => join(source, room, 'index.ts'))

export interface Snippet {
  /** Of a file of its own. */
  readonly name: string
  readonly statements: readonly string[]
  /** Modules that names may come from, the nearest first. */
  readonly origins: readonly string[]
  /** Facts that a statement may end in, where this machine has not what it names. */
  readonly elsewhere: readonly string[]
}

/** A statement begins on a line that is neither indented nor the end of what was opened before. */
export const statementsIn = (code: string): readonly string[] => code.trimEnd().split(/\n(?![\s)\]}])/)

/** A statement's own words: no strings, comments, keys or members of something. */
const namesIn = (statement: string): readonly string[] => {
  const code = statement.replace(/'[^']*'|\/\/.*|\/\*\*?[\s\S]*?\*\//g, '')
  return [...code.matchAll(/(?<!\w|(?<!\.\.)\.)[A-Za-z_]\w*\b(?!:)/g)].map(([name]) => name)
}

const isImport = (statement: string): boolean => statement.startsWith('import ')

const declaredIn = (statement: string): readonly string[] =>
  namesIn(
    statement
      .match(/^(?:export )?const (.+?) =|^import (.+?) from/)
      ?.slice(1)
      .join('') ?? '',
  )

/** A door as a user names it, or a file of a checkout's `dsl`, and where it is here. */
const imported = (statement: string): string =>
  statement
    .replace(/'espalier(\/\w+)?'/, (_, room = '') => `'${join(source, room, 'index.js')}'`)
    .replace(/'\.\.\/src\/(.*)'/, (_, file) => `'${join(source, file)}'`)
    .replace(/'\.\/([\w-]+\.js)'/, (_, file) => `'${join(root, 'dsl', file)}'`)

const exportsOf = async (module: string): Promise<readonly string[]> => Object.keys(await import(module))

/** The import of each name that a snippet uses and does not declare. */
const importsOf = async ({ statements, origins }: Snippet): Promise<readonly string[]> => {
  const declared = statements.flatMap(declaredIn)
  const expected = new Set(
    statements
      .filter(statement => !isImport(statement))
      .flatMap(namesIn)
      .filter(name => !declared.includes(name)),
  )
  const lines: string[] = []
  for (const module of origins) {
    const found = (await exportsOf(module)).filter(name => expected.delete(name))
    if (found.length > 0)
      lines.push(`import { ${found.join(', ')} } from '${module.replace(/\.ts$/, '.js')}'`)
  }
  return lines
}

const settled =
  ({ elsewhere }: Snippet) =>
  (statement: string): string => {
    if (isImport(statement)) return imported(statement)
    const [, begin = '', rest = ''] =
      statement.match(/^((?:export )?const .+? = |export default |await |\/\/.*$)?([\s\S]*)$/m) ?? []
    const expected = /\/\/ Left\b/.test(statement) ? ['Left'] : elsewhere
    return begin === '' || begin === 'await '
      ? `await settle(${JSON.stringify(expected)}, (\n${rest}\n))`
      : statement
  }

const helpers: readonly (readonly [name: string, line: string])[] = [
  ['E', "import * as E from 'fp-ts/lib/Either.js'"],
  ['pipe', "import { pipe } from 'fp-ts/lib/function.js'"],
]

const moduleOf = async (snippet: Snippet): Promise<string> => {
  const declared = snippet.statements.flatMap(declaredIn)
  const missing = helpers.filter(([name]) => !declared.includes(name))
  return [
    ...missing.map(([, line]) => line),
    `import { settle } from '${join(import.meta.dirname, 'settle.js')}'`,
    ...(await importsOf(snippet)),
    `export { ${['settle', ...missing.map(([name]) => name)].join(', ')} }`,
    ...snippet.statements.map(settled(snippet)),
  ].join('\n')
}

/** Runs every module named, and tells of each what went wrong, if anything did. */
const runner = (names: readonly string[]): string => `
const told = {}
for (const name of ${JSON.stringify(names)})
  told[name] = await import(\`./\${name}.ts\`).then(() => 'ran', reason => String(reason))
process.stdout.write('\\n' + JSON.stringify(told))
`

/** Writes each snippet as a module of a project that has what this one has. */
export const writeSnippets = async (folder: string, snippets: readonly Snippet[]): Promise<void> => {
  const { compilerOptions }: { readonly compilerOptions: object } = JSON.parse(
    readFileSync(join(root, 'tsconfig.json'), 'utf8'),
  )
  const options = {
    ...compilerOptions,
    noUnusedLocals: false,
    typeRoots: [join(root, 'node_modules/@types')],
  }
  mkdirSync(join(folder, 'here'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
  )
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const snippet of snippets) writeFileSync(join(folder, `${snippet.name}.ts`), await moduleOf(snippet))
}

/** What the compiler says of a folder of snippets: nothing where all fit. */
export const compileSnippets = (folder: string): Promise<string> =>
  promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).then(
    () => '',
    (failed: { readonly stdout: string; readonly stderr: string }) =>
      `${failed.stdout}${failed.stderr}` || 'failed',
  )

/** Runs snippets in the folder `here` below theirs; gives 'ran', or what went wrong, by name. */
export const runSnippets = async (
  folder: string,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> => {
  writeFileSync(join(folder, 'all.mjs'), runner(names))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', join(root, 'node_modules/tsx/dist/loader.mjs'), join(folder, 'all.mjs')],
    { cwd: join(folder, 'here') },
  )
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n')))
}
