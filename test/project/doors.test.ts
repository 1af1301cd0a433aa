/** Every type that a public declaration names can be named by whoever uses it: its own module exports it, and so does a door. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { scratch } from '../support/scratch.js'

const root = join(import.meta.dirname, '../..')

/** A name in a file of declarations. */
interface Place {
  readonly file: string
  readonly name: string
}

/** What a file of declarations says, by name. */
interface Declarations {
  readonly imported: ReadonlyMap<string, Place>
  readonly declared: ReadonlyMap<string, string>
  readonly passedOn: ReadonlyMap<string, Place>
  /** Files of which all is passed on. */
  readonly all: readonly string[]
}

const declaration =
  /^(?:export )?(?:declare )?(?:const|type|interface|class) (\w+)[\s\S]*?(?=^(?:export|import|declare|interface|type|const|class)\b|(?![\s\S]))/gm

const read = (folder: string, file: string): Declarations => {
  const text = readFileSync(join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const beside = (from: string): string =>
    relative(folder, join(folder, dirname(file), from)).replace(/\.js$/, '.d.ts')
  const names = (keyword: 'import' | 'export'): ReadonlyMap<string, Place> =>
    new Map(
      [...text.matchAll(new RegExp(`^${keyword} (?:type )?\\{([^}]*)\\} from '(\\.[^']+)'`, 'gm'))].flatMap(
        ([, list = '', from = '']) =>
          list.split(',').map(each => {
            const [name = '', alias = name] = each
              .replace(/\btype\b/, '')
              .trim()
              .split(' as ')
            return [alias, { file: beside(from), name }] as const
          }),
      ),
    )
  return {
    imported: names('import'),
    declared: new Map([...text.matchAll(declaration)].map(([whole, name = '']) => [name, whole])),
    passedOn: names('export'),
    all: [...text.matchAll(/^export \* from '(\.[^']+)'/gm)].map(([, from = '']) => beside(from)),
  }
}

let files: ReadonlyMap<string, Declarations> = new Map()

beforeAll(() => {
  const folder = scratch()
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const only = ['--emitDeclarationOnly', '--declarationMap', 'false', '--sourceMap', 'false']
  execFileSync(process.execPath, [
    compiler,
    '-p',
    join(root, 'tsconfig.build.json'),
    ...only,
    '--outDir',
    folder,
  ])
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.d.ts'),
  )
  files = new Map(found.map(file => [file, read(folder, file)]))
})

/** Where a name that a file passes on, or declares, is declared. */
const origin = ({ file, name }: Place): Place | null => {
  const { declared, passedOn, all } = files.get(file) ?? { declared: new Map(), passedOn: new Map(), all: [] }
  if (declared.has(name)) return { file, name }
  const next = passedOn.get(name)
  if (next !== undefined) return origin(next)
  return all.reduce<Place | null>((found, from) => found ?? origin({ file: from, name }), null)
}

const isExported = (text: string): boolean => text.startsWith('export')

/** Everything a file exports, where it is declared. */
const exportsOf = (file: string): readonly Place[] => {
  const { declared, passedOn, all } = files.get(file) ?? { declared: new Map(), passedOn: new Map(), all: [] }
  const own = [...declared].filter(([, text]) => isExported(text)).map(([name]) => ({ file, name }))
  const others = [...passedOn.values()].flatMap(place => origin(place) ?? [])
  return [...own, ...others, ...all.flatMap(exportsOf)]
}

const keyOf = ({ file, name }: Place): string => `${file} ${name}`

const textOf = ({ file, name }: Place): string => files.get(file)?.declared.get(name) ?? ''

/** The project's own types that a declaration names; those its file keeps to itself stand for what they name in turn. */
const typesNamed = (place: Place, within: readonly string[] = []): readonly Place[] => {
  const { imported, declared } = files.get(place.file) ?? { imported: new Map(), declared: new Map() }
  const words = textOf(place)
    .replace(/'[^']*'/g, '')
    .matchAll(/(?<![.\w])[A-Z]\w*/g)
  return [...new Set([...words].map(([word]) => word))].flatMap(word => {
    const from = imported.get(word)
    if (from !== undefined) return origin(from) ?? []
    if (!declared.has(word) || word === place.name || within.includes(word)) return []
    const local = { file: place.file, name: word }
    return isExported(textOf(local)) ? [local] : typesNamed(local, [...within, word])
  })
}

test('every type that something public names is public too', () => {
  const doors = [...files.keys()].filter(file => /^(\w+\/)?index\.d\.ts$/.test(file))
  const exported = doors.flatMap(exportsOf)
  const open = new Set(exported.map(keyOf))
  expect(open.size).toBeGreaterThan(300)
  const closed = exported.flatMap(place =>
    typesNamed(place)
      .filter(type => !open.has(keyOf(type)))
      .map(type => `${keyOf(type)}, of ${place.name}`),
  )
  expect([...new Set(closed)].sort()).toEqual([])
})
