/** The native engine is built, kept, and chosen. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { describe, expect, test, vi } from 'vitest'
import { diagnose } from '../../../src/engine/doctor.js'
import { defaultEngine, openEngine } from '../../../src/engine/open.js'
import {
  bindingName,
  cacheFolder,
  currentNative,
  nativeAt,
  storeEngine,
} from '../../../src/engine/tensorflow/install/cache.js'
import { firstOf } from '../../../src/engine/tensorflow/install/command.js'
import { pins } from '../../../src/engine/tensorflow/install/pins.js'
import { findPython } from '../../../src/engine/tensorflow/install/python.js'
import { recipe } from '../../../src/engine/tensorflow/install/sources.js'
import { trial } from '../../../src/engine/tensorflow/install/trial.js'
import { checkWheel, unpackWheel } from '../../../src/engine/tensorflow/install/wheel.js'
import { findNative } from '../../../src/engine/tensorflow/native.js'
import { built, compiler, home, nothingKept, program, tensorflow } from './machine.js'

const systemPath = process.env.PATH ?? ''

describe('building', () => {
  test('the compiler’s first error', async () => {
    program(
      'g++',
      '[ "$1" = --version ] && exit 0',
      'echo "In file included from a.cc:1:" >&2',
      'echo "a.cc:2:10: fatal error: node_api.h: No such file" >&2',
      'echo "compilation terminated." >&2',
      'exit 1',
    )
    expect(await built({ tensorflow: tensorflow() })).toMatchObject(
      E.left({
        _tag: 'CompileFailed',
        compiler: 'g++',
        reason: 'a.cc:2:10: fatal error: node_api.h: No such file',
      }),
    )
    nothingKept()
  })

  test('an addon that does not load', async () => {
    program('g++', 'while [ $# -gt 1 ]; do [ "$1" = -o ] && echo junk > "$2"; shift; done')
    const result = await built({ tensorflow: tensorflow() })
    expect(result).toMatchObject(E.left({ _tag: 'LoadFailed' }))
    expect(E.isLeft(result) && result.left._tag === 'LoadFailed' && result.left.reason).toContain('too short')
    nothingKept()
  })

  test('a cache that cannot be written', async () => {
    compiler()
    writeFileSync(join(home, 'file'), '')
    vi.stubEnv('ESPALIER_CACHE', join(home, 'file'))
    expect(await built({ tensorflow: tensorflow() })).toMatchObject(
      E.left({ _tag: 'CacheUnwritable', folder: join(home, 'file', 'engines') }),
    )
  })
})

describe('wheels', () => {
  test('each pin names a version, and each digest one file', () => {
    const all = [...pins.cpu, ...pins.gpu]
    for (const { requirement } of all) expect(requirement).toMatch(/^[a-z0-9-]+==[0-9.]+$/)
    const digests = all.flatMap(pin => pin.digests)
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(digests).size).toBe(digests.length)
  })

  test('only a pinned digest is accepted', async () => {
    const file = join(home, 'a.whl')
    writeFileSync(file, 'abc')
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    const pinned = (...digests: readonly string[]) => checkWheel({ requirement: 'a==1', digests })
    expect(await pinned('0', digest)(file)()).toEqual(E.right(file))
    expect(await pinned()(file)()).toMatchObject(
      E.left({ _tag: 'ChecksumMismatch', expected: [], got: digest }),
    )
    expect(await pinned(digest)(join(home, 'none.whl'))()).toMatchObject(E.left({ _tag: 'WheelBroken' }))
  })

  test('a wheel that is no archive', async context => {
    vi.stubEnv('PATH', systemPath)
    const found = await findPython()
    if (E.isLeft(found)) return context.skip('no Python with pip')
    const file = join(home, 'broken.whl')
    writeFileSync(file, 'junk')
    expect(await unpackWheel(found.right, home)(file)()).toMatchObject(
      E.left({ _tag: 'WheelBroken', file: 'broken.whl', reason: expect.stringContaining('BadZipFile') }),
    )
  })
})

describe('the cache', () => {
  const facts = (libraries: string) =>
    JSON.stringify({ tensorflow: '2.20.0', tfjs: '4.22.0', kind: 'cpu', libraries })

  const staged = (text: string): string => {
    mkdirSync(cacheFolder(), { recursive: true })
    const folder = mkdtempSync(join(cacheFolder(), 'build-'))
    writeFileSync(join(folder, bindingName), '')
    writeFileSync(join(folder, 'facts.json'), text)
    return folder
  }

  test('the engine built last is found', () => {
    for (const key of ['one', 'two', 'one']) {
      storeEngine(cacheFolder(), key, staged(facts(home)))
      expect(currentNative()).toMatchObject(
        O.some({ file: join(cacheFolder(), 'current', bindingName), source: 'built' }),
      )
      expect(readFileSync(join(cacheFolder(), 'current', 'facts.json'), 'utf8')).toBe(facts(home))
      expect(defaultEngine()).toBe('tensorflow')
    }
    expect(readdirSync(cacheFolder()).toSorted()).toEqual(['current', 'one', 'two'])
  })

  test.each([
    [
      'whose libraries are gone',
      JSON.stringify({ tensorflow: '2', tfjs: '4', kind: 'cpu', libraries: '/nowhere' }),
    ],
    ['whose facts are no JSON', '{'],
    ['whose facts say something else', '{}'],
  ])('an engine %s is none', (_, text) => {
    storeEngine(cacheFolder(), 'broken', staged(text))
    expect(nativeAt(join(cacheFolder(), 'broken'))).toEqual(O.none)
    expect(defaultEngine()).toBe('wasm')
  })
})

describe('choosing', () => {
  test('an unknown engine', async () => {
    expect(await openEngine('abacus')()).toEqual(E.left({ _tag: 'UnknownEngine', name: 'abacus' }))
  })

  test('a missing TensorFlow and how to install it', async () => {
    expect(await openEngine('tensorflow')()).toEqual(
      E.left({
        _tag: 'EngineMissing',
        engine: 'tensorflow',
        missing: 'no build of it',
        mend: 'npm run engine',
      }),
    )
  })

  test('a bare machine: wasm, and what is missing for more', async () => {
    const { chosen, why, tried, lacking, mend } = await diagnose()
    expect({ chosen, why, tried, mend }).toEqual({
      chosen: 'wasm',
      why: 'no native',
      tried: O.none,
      mend: O.some('npm run engine'),
    })
    expect(lacking.map(error => error._tag === 'ToolMissing' && error.tool)).toEqual(['compiler', 'python'])
  })

  test('the first program that answers', async () => {
    program('second', 'exit 0')
    expect(await firstOf(['first', 'second'], [])()).toEqual(E.right('second'))
    expect(await firstOf(['first'], [])()).toEqual(E.left({ _tag: 'NotFound', program: 'first' }))
  })
})

describe('with the engine built', () => {
  test('the binding computes the gradient, and is the default', async context => {
    vi.stubEnv('ESPALIER_CACHE', undefined)
    vi.stubEnv('PATH', systemPath)
    const native = findNative()
    if (O.isNone(native)) return context.skip('the TensorFlow engine is not built (npm run engine)')
    expect(await trial(native.value)()).toMatchObject(
      E.right({ version: expect.stringMatching(/^\d+\.\d+/) }),
    )
    expect(recipe()).toMatch(/^[0-9a-f]{6}$/)
    const { why, chosen } = await diagnose()
    expect({ why, chosen }).toEqual({ why: 'native', chosen: 'tensorflow' })
  })
})
