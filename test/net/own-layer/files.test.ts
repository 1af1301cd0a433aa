/** A user's own layers in files, whose functions are not written. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { grn } from '../../../examples/grn.js'
import { load, save } from '../../../src/async/index.js'
import { decode } from '../../../src/io/codec.js'
import { netCodec } from '../../../src/net/codec.js'
import { infer } from '../../../src/net/infer.js'
import type { Net } from '../../../src/net/tree.js'
import { ownLayersIn, provideLayers } from '../../../src/net/words/own-layer.js'
import { forward, left, right } from '../../support/nets/surgery.js'
import { espalier, expectRefusedAtOnce, root } from '../../support/programs/command.js'
import { scratch } from '../../support/scratch.js'
import { grnNet, model } from './grn.js'

/** What a record has of GRN beside its options. */
const grnFacts = { channels: 'mixed', weights: { scale: 0, shift: 0 }, kernel: null }

describe('in files', () => {
  const written = (of: Net): Net => right(decode(netCodec)(JSON.parse(JSON.stringify(netCodec.encode(of)))))

  test('stands the name with the options; the function is lost and given again', () => {
    const read = written(grnNet)
    expect(ownLayersIn(read)).toEqual([
      { _tag: 'own', name: 'grn', layer: 'grn', options: { epsilon: 0.01 }, ...grnFacts },
      { _tag: 'own', name: 'grn2', layer: 'grn', options: {}, ...grnFacts },
    ])
    expect(left(infer(read))).toEqual({ _tag: 'NoFunction', kind: 'layer', name: 'grn', file: null })
    expect(provideLayers([grn])(read)).toEqual(grnNet)
    expect(provideLayers(ownLayersIn(grnNet))(read)).toEqual(grnNet)
    expect(netCodec.encode(grnNet)).toEqual(netCodec.encode(read))
  })

  test('a model is read with its layers, and refused by name without', async () => {
    const file = join(scratch(), 'model.safetensors')
    await save(file)({ model, preprocessing: null })
    const read = await load(file, { layers: [grn] })
    expect(read.model.weights).toEqual(model.weights)
    expect(forward(read.model)).toEqual(forward(model))
    await expect(load(file)).rejects.toThrow(
      "layer 'grn': expected its function, got its name alone, as files hold no code; try load(file, { layers: [grn] }) in code, or the folder of the run that made the file",
    )
  })
})

/** A file with a layer under this name. */
const source = (name: string): string =>
  `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, layer, net, train } from '${root}/src/index.js'
import { op } from '${root}/src/graph/index.js'
const twice = layer('${name}', () => ({ channels: 'same', lower: x => op.mul(x, 2) }))
export default experiment(net('own', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), twice({ name: 'twice' }), globalAvgPool, dense(10)),
  glyphs({ train: 400, test: 20 }), train({ epochs: 30, batchSize: 20 }))
`

test('from the command line: resumed and exported from its folder alone, its file at hand or not', async () => {
  const home = scratch({ 'package.json': '{ "type": "module" }', 'own.ts': source('mine') })
  const [file, folder] = [join(home, 'own.ts'), join(home, 'run')]
  const began = await espalier(['train', file, '--engine', 'wasm', '--out', folder], { stopAt: 'epoch 1:' })
  expect(began.code, began.err).toBe(130)
  writeFileSync(file, source('other'))
  expectRefusedAtOnce(
    await espalier(['resume', folder]),
    `layer 'mine': expected ${file} to use it, as when the run began, got none of this name; try defining it there again, or train --resume with the file that does`,
  )
  writeFileSync(file, source('mine'))
  const ended = await espalier(['resume', folder, '--json'])
  expect(ended.code, ended.err).toBe(0)
  expect(ended.err).not.toMatch(/no report/)
  const exported = await espalier(['export', folder, '--to', 'onnx'])
  expect(exported.code, exported.err).toBe(0)
  const shown = await espalier(['describe', folder])
  expect(shown.out).toMatch(/twice +mine/)
}, 60_000)
