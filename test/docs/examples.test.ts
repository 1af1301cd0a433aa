/**
 * Every `@example` of a docstring compiles and runs, just as it stands. A name in it is what its file exports, else what
 * the preamble, the folder, the room or the public surface do, unless the example imports it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/index.js'
import { image, init, net } from '../../src/net/index.js'
import { convBnAct, dense, globalAvgPool } from '../../src/net/words/leaves.js'
import { scratch, succeed } from '../support/scratch.js'
import {
  compileSnippets,
  preamble,
  rooms,
  runSnippets,
  type Snippet,
  source,
  statementsIn,
  writeSnippets,
} from './snippets.js'

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

const modules = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))

/** Where names may come from, the nearest first. */
const origins = ({ file }: Example): readonly string[] => [
  join(source, file),
  preamble,
  ...(dirname(file).includes('/') ? modules(join(source, dirname(file))) : []),
  ...[join(source, file.split('/')[0] ?? '', 'index.ts')].filter(existsSync),
  join(source, 'index.ts'),
  ...rooms,
]

const snippetOf = (example: Example): Snippet => ({
  name: `${example.file.replaceAll('/', '-')}-${example.line}`,
  statements: example.statements,
  origins: origins(example),
  elsewhere: elsewhere[example.file] ?? [],
})

const snippets = examples.map(snippetOf)

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

beforeAll(async () => {
  folder = scratch()
  await writeSnippets(folder, snippets)
  await furnish(folder)
})

test('there are examples, and none is written in another way', () => {
  const marks = files.map(file => readFileSync(join(source, file), 'utf8').split('@example').length - 1)
  expect(examples.length).toBeGreaterThan(20)
  expect(examples).toHaveLength(marks.reduce((a, b) => a + b, 0))
})

test('every example compiles', async () => {
  expect(await compileSnippets(folder)).toBe('')
})

test('every example runs to its end', async () => {
  const names = snippets.map(({ name }) => name)
  expect(await runSnippets(folder, names)).toEqual(Object.fromEntries(names.map(name => [name, 'ran'])))
})
