/** `describe --groups`: every layer with channels is listed with its groups, checked on a hand-made net. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Net } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
import { concat, net, residual, stack } from '../../src/net/words/combinators.js'
import { convBnAct, dense, depthwiseBnAct, flatten, image, maxPool } from '../../src/net/words/leaves.js'
import { describeGroups } from '../../src/report/tables/groups.js'
import { arbitraryNet } from '../support/nets/arbitrary.js'
import { placed } from '../support/nets/surgery.js'

const root = join(import.meta.dirname, '../..')

const told = (given: Net): string => describeGroups(placed(given))

/** The layers named on lines of one label, without their places. */
const namedOn = (label: string, text: string): readonly string[] =>
  text
    .split('\n')
    .filter(line => line.startsWith(`  ${label}  `))
    .flatMap(line => line.slice(label.length + 4).split(/, (?=[^\d])/))
    .map(name => name.replace(/[[ ].*/, ''))

test('every layer with a kernel is among the makers or keepers of some group, and reads one unless it keeps', () => {
  fc.assert(
    fc.property(arbitraryNet(), given => {
      const text = told(given)
      const inferred = placed(given)
      const kernels = allWeightSpecs(inferred).filter(({ slot }) => slot === 'kernel')
      for (const { at } of kernels) {
        const keeps = inferred.layers.get(at)?.layer._tag === 'depthwise'
        expect(namedOn(keeps ? 'kept by' : 'made by', text)).toContain(at)
        if (!keeps) expect(namedOn('read by', text)).toContain(at)
      }
    }),
    { numRuns: 60 },
  )
})

test('listed channels add up', () => {
  fc.assert(
    fc.property(arbitraryNet(), given => {
      const [head = '', ...rest] = told(given).split('\n\n')
      const counts = rest.map(part => Number(part.match(/: ([\d,]+) channels?/)?.[1]?.replaceAll(',', '')))
      const [, count, channels] = head.replaceAll(',', '').match(/: (\d+) groups of (\d+) channels/) ?? []
      expect(counts).toHaveLength(Number(count))
      expect(counts.reduce((a, b) => a + b, 0)).toBe(Number(channels))
    }),
    { numRuns: 60 },
  )
})

test('a net with every kind of connection is listed in full', () => {
  const given = net(
    'edges',
    image(8, 8, 3),
    convBnAct(4, 3, { name: 'stem' }),
    depthwiseBnAct(3, { name: 'each' }),
    residual('sum', stack('body', convBnAct(6, 1, { name: 'in' }), convBnAct(4, 3, { name: 'out' }))),
    concat('join', convBnAct(2, 1, { name: 'left' }), convBnAct(5, 3, { name: 'right' })),
    maxPool(4),
    flatten,
    dense(10, { name: 'head' }),
  )
  expect(told(given)).toBe(`edges: 6 groups of 30 channels

input: 3 channels, fixed: the image
  read by  stem

stem: 4 channels
  made by  stem, sum/body/out
  kept by  each
  read by  sum/body/in, join/left, join/right

sum/body/in: 6 channels
  made by  sum/body/in
  read by  sum/body/out

join/left: 2 channels
  made by  join/left
  read by  head[0:2,7:9,14:16,21:23] (4 each)

join/right: 5 channels
  made by  join/right
  read by  head[2:7,9:14,16:21,23:28] (4 each)

head: 10 channels, fixed: the classes
  made by  head`)
})

/** Tells, when the process ends, which packages it has loaded. */
const watcher = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module'
  const { cache } = createRequire('/')
  const packageIn = file => file.split('/node_modules/').at(-1).split('/').slice(0, file.includes('/node_modules/@') ? 2 : 1).join('/')
  process.on('exit', () => process.stderr.write(JSON.stringify([...new Set(Object.keys(cache).map(packageIn))])))
`)}`

const loadedBy = async (...script: readonly string[]) => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', watcher, '--import', 'tsx', ...script],
    { cwd: root },
  )
  const packages: readonly string[] = JSON.parse(stderr)
  return { stdout, packages }
}

const heavy = /tfjs|sharp|protobufjs|vega|^tar-stream$|^cli-progress$/

describe('the command', () => {
  test('prints layers without loading what computes or decodes', async () => {
    const { stdout, packages } = await loadedBy('src/cli.ts', 'describe', 'dsl/mnist.ts')
    expect(stdout).toContain('57,870')
    expect(packages).toContain('fp-ts')
    expect(packages.filter(name => heavy.test(name))).toEqual([])
  })

  test('prints groups with --groups, and loads as little', async () => {
    const { stdout, packages } = await loadedBy('src/cli.ts', 'describe', '--groups', 'dsl/mnist.ts')
    expect(stdout).toContain('a/five/conv: 12 channels\n  made by  a/five/conv\n  read by  a/five/conv2')
    expect(packages.filter(name => heavy.test(name))).toEqual([])
  })

  test('would be caught loading them', async () => {
    const { packages } = await loadedBy('-e', "import('sharp'); import('@tensorflow/tfjs-core')")
    const caught = packages.filter(name => heavy.test(name))
    expect(caught).toContain('@tensorflow/tfjs-core')
    expect(caught.some(name => name.startsWith('@img/sharp'))).toBe(true)
  })
})
