/** The pages that a command writes: docs/language.md shows every public word and the shapes it infers, docs/messages.md every message. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { evaluate, hasTag } from '../../docs/words/evaluate.js'
import { writtenFiles } from '../../docs/words/page.js'
import * as surface from '../../src/index.js'
import { flatten, globalAvgPool, infer, type Layer, type Net, net, type Shape } from '../../src/index.js'
import { root } from '../support/programs/command.js'

const page = readFileSync(join(root, 'docs/language.md'), 'utf8')

interface Said {
  readonly word: string
  readonly text: string
  readonly code: string
  readonly shapes: readonly [Shape, Shape] | null
}

const shapeOf = (text = ''): Shape => text.split('×').map(Number)

const said: readonly Said[] = page
  .split(/^### /m)
  .slice(1)
  .map(text => {
    const [, word = ''] = text.match(/^(\w+)\n/) ?? []
    const [, block = ''] = text.match(/```ts\n(.*)\n```/) ?? []
    const [code = '', shapes] = block.split(/ {3}\/\/ /)
    const [from, to] = shapes?.split(' → ') ?? []
    return { word, text, code, shapes: shapes === undefined ? null : [shapeOf(from), shapeOf(to)] }
  })

test('every word that the package exports is on the page, once', () => {
  expect(said.map(({ word }) => word).toSorted()).toEqual(Object.keys(surface).toSorted())
})

test('each has words about it, and an example that shows it', () => {
  for (const { word, text, code } of said) {
    expect(text.split('\n\n')[1], word).toMatch(/^[^!`*\s][\s\S]{5,}|^`/)
    expect(code, word).toMatch(new RegExp(`\\b${word}\\b`))
  }
})

const withShapes = said.flatMap(each => (each.shapes === null ? [] : [{ ...each, shapes: each.shapes }]))

/** The output of a layer in a net that begins with a flattening where the layer takes a vector, and pools a map behind it. */
const inferredFrom = (value: unknown, input: Shape): unknown => {
  if (hasTag(value, 'net'))
    return E.map((checked: surface.CheckedNet) => checked.layers.get('')?.output)(infer(value as Net))
  const layer = { ...(value as Layer), name: 'it' }
  const [first = 1] = input
  const around = (behind: readonly Layer[]): Net => ({
    ...net('n', input.length === 1 ? [1, 1, first] : input, globalAvgPool),
    body: {
      _tag: 'stack',
      name: '',
      layers: [...(input.length === 1 ? [{ ...flatten, name: 'f' }] : []), layer, ...behind],
    },
  })
  const [alone, pooled] = [infer(around([])), infer(around([{ ...globalAvgPool, name: 'g' }]))]
  return E.map((checked: surface.CheckedNet) => checked.layers.get('it')?.output)(
    E.isRight(alone) ? alone : pooled,
  )
}

describe('shapes', () => {
  test('layers have them', () => {
    expect(withShapes.length).toBeGreaterThan(40)
  })

  test.each(withShapes.map(each => [each.word, each] as const))(
    '%s',
    (_, { code, text, shapes: [from, to] }) => {
      expect(inferredFrom(evaluate(code), from)).toEqual(E.right(to))
      expect(text).toContain('**Shapes** ')
      expect(text).toMatch(/!\[.*\]\(pictures\/words\/\w+\.svg\)/)
    },
  )
})

test('examples without shapes are values all the same', () => {
  for (const { code } of said) expect(evaluate(code)).toBeTruthy()
})

test('pages and pictures are what npm run words writes', async () => {
  const files = await writtenFiles()
  for (const [name, content] of Object.entries(files))
    expect(
      readFileSync(join(root, 'docs', name), 'utf8') === content,
      `${name} is out of date: npm run words`,
    ).toBe(true)
  const written = Object.keys(files).filter(name => name.startsWith('pictures/'))
  expect(
    readdirSync(join(root, 'docs/pictures/words'))
      .map(name => `pictures/words/${name}`)
      .toSorted(),
  ).toEqual(written.toSorted())
})
