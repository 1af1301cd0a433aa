import { expect, test } from 'vitest'
import { binary } from '../src/engine/wasm/binary.js'
import { compile } from '../src/engine/wasm/kernels/compile.js'

test('the kernels in the repository are what their sources compile to', async () => {
  expect(await compile()).toBe(binary)
}, 120_000)
