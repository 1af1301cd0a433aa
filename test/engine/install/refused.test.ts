/** What is missing or cannot be downloaded is named, and nothing is kept. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test, vi } from 'vitest'
import type { Stage } from '../../../src/engine/tensorflow/install/build.js'
import { pins } from '../../../src/engine/tensorflow/install/pins.js'
import { built, compiler, home, nothingKept, program, tensorflow } from './machine.js'

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
