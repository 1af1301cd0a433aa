import { expect, test } from 'vitest'
import { binary } from '../../src/engine/wasm/binary.js'
import { compile, modules } from '../../src/engine/wasm/kernels/compile.js'
import { binary as float64 } from '../../src/engine/wasm/solve/binary.js'

test('the compiled kernels match their sources', async () => {
  expect(await compile(modules.engine)).toBe(binary)
  expect(await compile(modules.float64)).toBe(float64)
}, 120_000)
