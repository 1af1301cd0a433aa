/** Messages that no other test reads: what, where, expected X, got Y, and what to try. */
import { describe, expect, test } from 'vitest'
import { type Fact, renderMessage } from '../../src/report/text/render-message.js'

const place = { file: 'F', entry: null, offset: 100 }

const facts: readonly (readonly [Fact, string])[] = [
  [
    { _tag: 'FrozenChannel', at: 'a', channel: 3, reason: 'layerNorm' },
    'layer a: expected a channel that may be removed, got 3, which is read by a layer norm; try another channel',
  ],
  [
    { _tag: 'FrozenBody', at: 'r', reason: 'freeze' },
    'layer r: expected a body that may be removed, got one that holds, or lies in, a frozen layer; try a shorter freeze',
  ],
  [
    { _tag: 'WrongPlace', at: 'a', got: 'activate', expected: 'stack' },
    'layer a: expected a stack, got activate; try the path of a stack: npm run describe -- FILE lists them',
  ],
  [
    { _tag: 'WrongOption', option: 'floor', got: 2, expected: 'a share from 0 to 1' },
    'floor: expected a share from 0 to 1, got 2',
  ],
  [{ _tag: 'UnknownEngine', name: 'gpu' }, 'engine: expected tensorflow, wasm or cpu, got gpu'],
  [
    { _tag: 'EngineFailed', engine: 'wasm', reason: 'no SIMD' },
    'engine wasm failed: no SIMD; try: npm run doctor, or another --engine',
  ],
  [
    { _tag: 'LoadFailed', file: 'KEY', reason: 'not built', mend: 'npm run engine' },
    'KEY does not load: not built; try: npm run engine',
  ],
  [
    { _tag: 'NotTensorFlow', folder: 'F', lacks: 'include', mend: 'npm run engine' },
    "F: expected TensorFlow's folder with include, got none; try: npm run engine",
  ],
  [
    { _tag: 'ToolMissing', tool: 'compiler', tried: ['g++', 'clang++'], mend: 'apt-get install g++' },
    'expected a compiler, one of g++, clang++, got none; try: apt-get install g++',
  ],
  [{ _tag: 'FileMissing', file: 'F' }, 'F does not exist; try another path'],
  [{ _tag: 'ReadFailed', file: 'F', reason: 'EACCES' }, 'F cannot be read: EACCES; try another path'],
  [
    { _tag: 'BadStream', reason: 'incorrect data check', ...place },
    'F, byte 100: cannot be read further (incorrect data check); try another copy',
  ],
  [
    { _tag: 'BadModule', file: 'a.ts', reason: 'no such export', stack: '' },
    'a.ts does not load: no such export; try npx tsx a.ts',
  ],
  [
    { _tag: 'NoTarget', at: '2' },
    'step 3: expected a target for the prune, got none; try prune({ keep }), atMost or eta, or put it inside untilTarget or whileAccuracy',
  ],
  [
    {
      _tag: 'PartsDiffer',
      what: 'count',
      first: { file: 'F', got: 60_000 },
      second: { file: 'G', got: 59_999 },
    },
    'F and G: expected as many images as labels, got 60,000 and 59,999; try files of one data set',
  ],
  [
    { _tag: 'NotHeld', to: 'layers', at: 'a', what: 'hardSwish' },
    "layer a: expected a layer that an export to 'layers' can hold, got hardSwish; try --to onnx, savedmodel or pytorch",
  ],
]

describe('the line of', () => {
  test.each(facts)('$_tag', (fact, line) => {
    expect(renderMessage(fact)).toBe(line)
  })
})
