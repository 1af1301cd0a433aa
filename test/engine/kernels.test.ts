import { expect, test } from 'vitest'
import { binary } from '../../src/engine/wasm/binary.js'
import { compile } from '../../src/engine/wasm/kernels/compile.js'

test('the compiled kernels match their sources', async () => {
  expect(await compile()).toBe(binary)
}, 120_000)
