/** Files that are damaged, or lead elsewhere. */
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../../../src/convert/export.js'
import { readKerasModel } from '../../../src/convert/keras/import/read.js'
import { inFolder, left, models, run } from '../../support/programs/exported.js'
import type { Spec } from './stock-models.js'

/** What `change` makes of a good export's files. */
const spoilt = (change: (folder: string, group: { paths: string[]; weights: Spec[] }) => void) =>
  inFolder(async outside => {
    const folder = join(outside, 'model')
    mkdirSync(folder)
    await run(exportModel({ to: 'layers', folder })(models.residual))
    const file = join(folder, 'model.json')
    const json = JSON.parse(readFileSync(file, 'utf8'))
    change(folder, json.weightsManifest[0])
    writeFileSync(file, JSON.stringify(json))
    return left(await readKerasModel(folder)())
  })

const shard = 'group1-shard1of1.bin'

describe('bad files are refused before they are read', () => {
  test('a shard of the wrong size', async () => {
    const error = await spoilt(folder => truncateSync(join(folder, shard), 100))
    expect(error).toMatchObject({ _tag: 'WrongBytes', got: 100, files: [expect.stringContaining(shard)] })
  })

  test('excessive sizes', async () => {
    const error = await spoilt((_, { weights }) =>
      weights.push({ name: 'x', shape: [1e9, 1e9], dtype: 'float32' }),
    )
    expect(error).toMatchObject({ _tag: 'WrongBytes' })
  })

  test.for(['../secret.bin', '/etc/hostname', '..'])('a path outside the folder: %s', async path => {
    const error = await spoilt((folder, group) => {
      writeFileSync(join(folder, '..', 'secret.bin'), readFileSync(join(folder, shard)))
      group.paths = [path]
    })
    expect(error).toMatchObject({ _tag: 'PathLeaves', path })
  })

  test('a link outside the folder', async () => {
    const error = await spoilt((folder, group) => {
      writeFileSync(join(folder, '..', 'secret.bin'), readFileSync(join(folder, shard)))
      symlinkSync(join(folder, '..', 'secret.bin'), join(folder, 'link.bin'))
      group.paths = ['link.bin']
    })
    expect(error).toMatchObject({ _tag: 'PathLeaves', path: 'link.bin' })
  })

  test('a missing shard', async () => {
    const error = await spoilt((_, group) => {
      group.paths = ['gone.bin']
    })
    expect(error).toMatchObject({ _tag: 'FileMissing', file: expect.stringContaining('gone.bin') })
  })

  test('a weight of the wrong shape, and a missing one', async () => {
    const swapped = await spoilt((_, { weights: [first] }) => first?.shape.reverse())
    expect(swapped).toMatchObject({ _tag: 'WrongWeight', key: 'conv/kernel', got: [8, 3, 3, 3] })
    const missing = await spoilt((_, { weights: [first] }) =>
      Object.assign(first ?? {}, { name: 'other/kernel' }),
    )
    expect(missing).toMatchObject({ _tag: 'WeightMissing', name: 'conv/kernel' })
  })

  test('weights of the wrong type, quantised ones, and NaN', async () => {
    const typed = await spoilt((_, { weights: [first] }) => Object.assign(first ?? {}, { dtype: 'int32' }))
    expect(typed).toMatchObject({ _tag: 'WeightDiffers', name: 'conv/kernel', got: 'int32' })
    const quantized = await spoilt((_, { weights: [first] }) =>
      Object.assign(first ?? {}, { quantization: {} }),
    )
    expect(quantized).toMatchObject({ _tag: 'WeightDiffers', name: 'conv/kernel' })
    const broken = await spoilt(folder => {
      const bytes = readFileSync(join(folder, shard))
      bytes.writeFloatLE(Number.NaN, 8)
      writeFileSync(join(folder, shard), bytes)
    })
    expect(broken).toMatchObject({ _tag: 'NotFiniteWeight', key: 'conv/kernel', index: 2 })
  })

  test('a malformed model, and a cycle', () =>
    inFolder(async folder => {
      const file = join(folder, 'model.json')
      writeFileSync(file, '{')
      expect(left(await readKerasModel(folder)())).toMatchObject({ _tag: 'BadFile', file })
      const layer = (name: string, from: string) => ({
        class_name: 'Flatten',
        config: { name },
        inbound_nodes: [[[from, 0, 0]]],
      })
      const input = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 2, 2, 1] } }
      const circle = (layers: readonly unknown[]) => ({
        modelTopology: {
          class_name: 'Model',
          config: { layers, input_layers: [['in', 0, 0]], output_layers: [['a', 0, 0]] },
        },
        weightsManifest: [],
      })
      writeFileSync(file, JSON.stringify(circle([input, layer('a', 'b'), layer('b', 'a')])))
      expect(left(await readKerasModel(folder)())).toMatchObject({ _tag: 'NotATree', reason: 'circle' })
      writeFileSync(file, JSON.stringify(circle([input, layer('a', 'nowhere')])))
      expect(left(await readKerasModel(folder)())).toMatchObject({
        _tag: 'NotATree',
        at: 'nowhere',
        reason: 'unknown input',
      })
    }))
})
