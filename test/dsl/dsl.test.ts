import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { channelsOf } from '../../src/net/shape.js'
import type { Net } from '../../src/net/tree.js'
import { shapeText } from '../../src/report/tables/describe.js'
import { loadNet } from '../../src/run/load/net.js'
import { placed } from '../support/nets/surgery.js'
import { succeed } from '../support/scratch.js'

const folder = join(import.meta.dirname, '../../dsl')

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))

const index = join(folder, '../src/index.js')

/** The same text, place by place, without what strings and comments say. */
const codeOf = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'/g, text =>
    text.replace(/[^\n]/g, text.startsWith("'") ? '_' : ' '),
  )

/** The arguments of a call, each by where it ends; `from` is behind its opening bracket. */
const argumentEnds = (code: string, from: number): readonly number[] => {
  const ends: number[] = []
  let depth = 0
  for (let at = from; at < code.length && depth >= 0; at++) {
    const character = code[at] ?? ''
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
    const between = depth === 0 && character === ','
    if (between || depth < 0) ends.push(at)
  }
  return ends.filter((end, nth) => code.slice(nth === 0 ? from : (ends[nth - 1] ?? 0) + 1, end).trim() !== '')
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length - 1

const shape = /\/\/ (\d+(?:×\d+)*)\s*$/

/** A net as a file writes it: its name where that is a plain word, its text, the line each top-level layer ends on. */
interface WrittenNet {
  readonly name: string | null
  readonly text: string
  readonly lines: readonly number[]
}

const netsWritten = (source: string): readonly WrittenNet[] => {
  const code = codeOf(source)
  return [...code.matchAll(/\bnet\(/g)].map(call => {
    const from = call.index + call[0].length
    const ends = argumentEnds(code, from)
    const [, , ...layers] = ends // the net's name and its input come first
    const text = source
      .slice(from, ends.at(-1))
      .replace(/\/\/.*/g, '')
      .replace(/\s+/g, '')
    return {
      name: text.match(/^'([^']+)'/)?.[1] ?? null,
      text,
      lines: layers.map(end => lineOf(code, end)),
    }
  })
}

const isNet = (value: unknown): value is Net =>
  typeof value === 'object' && value !== null && '_tag' in value && value._tag === 'net'

/** The nets a file writes, each as it is exported: by its name, else as the net of the default export. */
const netsOf = async (file: string, source: string): Promise<readonly (readonly [WrittenNet, Net])[]> => {
  const usual = await succeed(loadNet(file))
  const exported: Readonly<Record<string, unknown>> = await import(file)
  const nets = Object.values(exported).filter(isNet)
  return netsWritten(source).map(written => [
    written,
    nets.find(({ name }) => name === written.name) ?? usual,
  ])
}

/** Shapes in right-hand comments, by line. */
const shapesSaid = (source: string): ReadonlyMap<number, string> =>
  new Map(
    source.split('\n').flatMap((line, nth) => {
      const said = line.match(shape)?.[1]
      return said === undefined ? [] : [[nth, said] as const]
    }),
  )

/** What inference says of each top-level layer, by the line it ends on. */
const shapesInferred = ([{ lines }, net]: readonly [WrittenNet, Net]): readonly (readonly [
  number,
  string,
])[] => {
  const inferred = placed(net)
  return lines.map(
    (line, nth) =>
      [line, shapeText(inferred.layers.get(net.body.layers[nth]?.name ?? '?')?.output ?? [])] as const,
  )
}

test('there are files', () => {
  expect(files).toContain('mnist.ts')
  expect(files).toContain('quickstart.ts')
})

describe.each(files)('dsl/%s', name => {
  const file = join(folder, name)
  const source = readFileSync(file, 'utf8')
  const lines = source.trimEnd().split('\n')

  test('exports a net that fits, or an experiment with one', async () => {
    const net = await succeed(loadNet(file))
    expect(placed(net).layers.size).toBeGreaterThan(1)
  })

  test('opens with what it is, what goes in and what comes out', async () => {
    const net = await succeed(loadNet(file))
    const classes = channelsOf(placed(net).layers.get('')?.output ?? [])
    expect(lines[0]).toMatch(/^\/\*\* .+ \*\/$/)
    expect(lines[0]).toContain(` ${shapeText(net.input)} → ${classes} */`)
  })

  test('is at most 40 lines, and imports the public surface and other DSL files alone', () => {
    expect(lines.length).toBeLessThanOrEqual(40)
    const sources = [...source.matchAll(/\b(?:from|import)\b[ (]*['"]([^'"]+)['"]/g)].map(([, from]) =>
      resolve(dirname(file), from ?? ''),
    )
    const known = [index, ...files.map(other => join(folder, other.replace(/\.ts$/, '.js')))]
    expect(sources.filter(from => !known.includes(from))).toEqual([])
    expect(sources).toContain(index)
  })

  test('says beside every layer the shape that is inferred', async () => {
    const nets = await netsOf(file, source)
    for (const [{ lines }, { body }] of nets) expect(lines).toHaveLength(body.layers.length)
    expect(shapesSaid(source)).toEqual(new Map(nets.flatMap(shapesInferred)))
  })
})

test('a net is written once', () => {
  const texts = files.flatMap(name =>
    netsWritten(readFileSync(join(folder, name), 'utf8')).map(({ text }) => text),
  )
  expect(texts.length).toBeGreaterThan(15)
  expect(texts.filter((text, nth) => texts.indexOf(text) < nth)).toEqual([])
})
