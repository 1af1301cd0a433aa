import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { channelsOf } from '../src/net/shape.js'
import type { Net } from '../src/net/tree.js'
import { shapeText } from '../src/report/tables/describe.js'
import { loadNet } from '../src/run/load.js'
import { succeed } from './scratch.js'
import { placed } from './surgery.js'

const folder = join(import.meta.dirname, '../dsl')

const files = readdirSync(folder).filter(name => name.endsWith('.ts'))

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

/** The line each top-level layer of a file's net ends on. */
const layerLines = (source: string): readonly number[] => {
  const code = codeOf(source)
  const call = code.search(/\bnet\(/)
  const [, , ...layers] = argumentEnds(code, call + 'net('.length).map(end => lineOf(code, end))
  return layers // the net's name and its input lie on the lines before
}

/** Shapes in right-hand comments, and what inference says of the layers beside them. */
const shapesBeside = (source: string, { body, ...rest }: Net) => {
  const inferred = placed({ body, ...rest })
  const beside = layerLines(source).map(
    (line, nth) => [line, shapeText(inferred.get(body.layers[nth]?.name ?? '?')?.output ?? [])] as const,
  )
  const last = new Map(beside)
  const commented = source.split('\n').flatMap((line, nth) => {
    const said = line.match(shape)?.[1]
    return said === undefined ? [] : [[nth, said] as const]
  })
  return { commented: new Map(commented), inferred: last, layers: beside.length }
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
    expect(placed(net).size).toBeGreaterThan(1)
  })

  test('opens with what it is, what goes in and what comes out', async () => {
    const net = await succeed(loadNet(file))
    const classes = channelsOf(placed(net).get('')?.output ?? [])
    expect(lines[0]).toMatch(/^\/\*\* .+ \*\/$/)
    expect(lines[0]).toContain(` ${shapeText(net.input)} → ${classes} */`)
  })

  test('is at most 40 lines, and imports the public surface alone', () => {
    expect(lines.length).toBeLessThanOrEqual(40)
    const sources = [...source.matchAll(/\b(?:from|import)\b[ (]*['"]([^'"]+)['"]/g)].map(([, from]) => from)
    expect(sources).toEqual(sources.map(() => '../src/index.js'))
    expect(sources.length).toBeGreaterThan(0)
  })

  test('says beside every layer the shape that is inferred', async () => {
    const net = await succeed(loadNet(file))
    const { commented, inferred, layers } = shapesBeside(source, net)
    expect(layers).toBe(net.body.layers.length)
    expect(commented).toEqual(inferred)
  })
})
