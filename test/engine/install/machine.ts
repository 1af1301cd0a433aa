/** A machine of a test's own: its programs, its TensorFlow, its cache. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as O from 'fp-ts/lib/Option.js'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { type BuildOptions, buildNative } from '../../../src/engine/tensorflow/install/build.js'
import { cacheFolder } from '../../../src/engine/tensorflow/install/cache.js'
import { findNative } from '../../../src/engine/tensorflow/native.js'

export let home = ''

export let bin = ''

export let cache = ''

/** A program on the PATH, in the shell's own words. */
export const program = (name: string, ...lines: readonly string[]): string => {
  const file = join(bin, name)
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}

/** A folder with the parts of TensorFlow that are looked for. */
export const tensorflow = (...lacking: readonly string[]): string => {
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

export const built = (options: BuildOptions = {}) => buildNative(options)()

export const compiler = () => program('g++', 'exit 0')

/** A failed build leaves nothing behind, and no engine. */
export const nothingKept = () => {
  expect(existsSync(cacheFolder()) ? readdirSync(cacheFolder()) : []).toEqual([])
  expect(O.isNone(findNative())).toBe(true)
}
