import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { diagnose } from '../../src/engine/doctor.js'
import { defaultEngine, openEngine } from '../../src/engine/open.js'
import { type BuildOptions, buildNative, type Stage } from '../../src/engine/tensorflow/install/build.js'
import {
  bindingName,
  cacheFolder,
  currentNative,
  nativeAt,
  storeEngine,
} from '../../src/engine/tensorflow/install/cache.js'
import { firstOf } from '../../src/engine/tensorflow/install/command.js'
import { recipe } from '../../src/engine/tensorflow/install/compile.js'
import { pins } from '../../src/engine/tensorflow/install/pins.js'
import { findPython } from '../../src/engine/tensorflow/install/python.js'
import { trial } from '../../src/engine/tensorflow/install/trial.js'
import { checkWheel, unpackWheel } from '../../src/engine/tensorflow/install/wheel.js'
import { findNative } from '../../src/engine/tensorflow/native.js'

const systemPath = process.env.PATH ?? ''

let home = ''
let bin = ''
let cache = ''

/** A program on the PATH, in the shell's own words. */
const program = (name: string, ...lines: readonly string[]): string => {
  const file = join(bin, name)
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}

/** A folder with the parts of TensorFlow that are looked for. */
const tensorflow = (...lacking: readonly string[]): string => {
  const folder = join(home, 'site-packages', 'tensorflow')
  mkdirSync(join(folder, 'include/tensorflow/c'), { recursive: true })
  for (const part of [
    'libtensorflow_cc.so.2',
    'libtensorflow_framework.so.2',
    'include/tensorflow/c/c_api.h',
  ])
    if (!lacking.includes(part)) writeFileSync(join(folder, part), '')
  return folder
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'espalier-native-'))
  bin = join(home, 'bin')
  cache = join(home, 'cache')
  mkdirSync(bin)
  vi.stubEnv('PATH', bin)
  vi.stubEnv('CXX', undefined)
  vi.stubEnv('ESPALIER_CACHE', cache)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

const built = (options: BuildOptions = {}) => buildNative(options)()

const compiler = () => program('g++', 'exit 0')

/** A Python that answers as asked; its pip runs `lines` to download, with the folder in $folder. */
const python = (...lines: readonly string[]) =>
  program(
    'python3',
    'case "$*" in',
    '*"pip --version"*) exit 0;;',
    '*"import sys; print"*) echo 3.11;;',
    '*"pip download"*)',
    '  while [ $# -gt 1 ]; do [ "$1" = --dest ] && folder=$2; shift; done',
    ...lines,
    '  ;;',
    'esac',
  )

/** A failed build leaves nothing behind, and no engine. */
const nothingKept = () => {
  expect(existsSync(cacheFolder()) ? readdirSync(cacheFolder()) : []).toEqual([])
  expect(O.isNone(findNative())).toBe(true)
}

describe('missing tools are named', () => {
  test('no compiler', async () => {
    expect(await built()).toEqual(
      E.left({
        _tag: 'ToolMissing',
        tool: 'compiler',
        tried: ['g++', 'clang++', 'c++'],
        mend: 'apt-get install g++',
      }),
    )
    nothingKept()
  })

  test('a named compiler that is missing', async () => {
    compiler()
    vi.stubEnv('CXX', 'g++-99')
    expect(await built()).toMatchObject(E.left({ _tag: 'ToolMissing', tool: 'compiler', tried: ['g++-99'] }))
  })

  test('no Python', async () => {
    compiler()
    expect(await built()).toMatchObject(
      E.left({ _tag: 'ToolMissing', tool: 'python', tried: ['python3', 'python'] }),
    )
    nothingKept()
  })

  test('a Python without pip', async () => {
    compiler()
    program('python3', 'case "$*" in *pip*) echo "No module named pip" >&2; exit 1;; esac')
    expect(await built()).toMatchObject(
      E.left({ _tag: 'ToolMissing', tool: 'pip', tried: ['python3 -m pip'] }),
    )
    nothingKept()
  })

  test('a folder without a complete TensorFlow', async () => {
    compiler()
    expect(await built({ tensorflow: home })).toMatchObject(
      E.left({ _tag: 'NotTensorFlow', folder: home, lacks: 'libtensorflow_cc.so.2' }),
    )
    tensorflow('include/tensorflow/c/c_api.h')
    const folder = join(home, 'site-packages')
    expect(await built({ tensorflow: folder })).toMatchObject(
      E.left({ _tag: 'NotTensorFlow', folder, lacks: 'include/tensorflow/c/c_api.h' }),
    )
    nothingKept()
  })
})

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('download errors are named', () => {
  test('a download that is refused, with pip’s reason', async () => {
    compiler()
    python('echo "WARNING: Retrying" >&2; echo "ERROR: No matching distribution found" >&2; exit 1')
    expect(await built()).toEqual(
      E.left({
        _tag: 'DownloadRefused',
        requirement: 'tensorflow-cpu==2.20.0',
        reason: 'ERROR: No matching distribution found',
        mend: 'npm run engine -- --tensorflow DIR',
      }),
    )
    nothingKept()
  })

  test('the wheel for a GPU is another', async () => {
    compiler()
    python('exit 1')
    expect(await built({ gpu: true })).toMatchObject(
      E.left({ _tag: 'DownloadRefused', requirement: 'tensorflow==2.20.0' }),
    )
  })

  test('a wheel with another digest', async () => {
    compiler()
    const wheel = 'tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl'
    python(`echo not a wheel > "$folder/${wheel}"`)
    const stages: Stage[] = []
    expect(await built({ onProgress: stage => stages.push(stage) })).toMatchObject(
      E.left({ _tag: 'ChecksumMismatch', file: wheel, expected: pins.cpu[0].digests }),
    )
    expect(stages).toEqual(['tools', 'download', 'checksum'])
    nothingKept()
  })
})

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
