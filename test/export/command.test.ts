/** `espalier export` and `import` as commands: what a model's file says of its images goes along, and back. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ExportArguments, exportComplaints } from '../../src/cli/models/export-options.js'
import { readModelFile, saveModel } from '../../src/convert/model-file.js'
import type { Preprocessing } from '../../src/data/preprocessing.js'
import { kerasFile } from '../keras/fixture.js'
import { espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import { apart, inFolder, logitsOf, models, run, tolerance } from '../support/programs/exported.js'
import { answersOf, onnxRuntime } from '../support/programs/runtimes.js'

const model = models.residual
const preprocessing: Preprocessing = {
  size: [12, 12, 3],
  resize: { height: 12, width: 12, fit: 'cover' },
  mean: [0.5, 0.4, 0.3],
  deviation: [0.25, 0.25, 0.2],
  classes: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
}

test('an export takes pixels, and an import of it knows how they were normalised', () =>
  inFolder(async folder => {
    const [file, back] = [join(folder, 'model.safetensors'), join(folder, 'back.safetensors')]
    await run(saveModel(file, preprocessing)(model))
    const { code, out } = await espalier(['export', file, '--to', 'onnx,layers'])
    const files = out.trimEnd().split('\n')
    expect([code, files.filter(existsSync).length]).toEqual([0, files.length])
    expect(readFileSync(join(folder, 'export/layers/labels.txt'), 'utf8')).toBe('a\nb\nc\nd\ne\nf\ng\n')

    const pixels = Float32Array.from({ length: 432 }, (_, i) => (i * 89) % 256)
    const answered =
      onnxRuntime && (await answersOf(join(folder, 'export/onnx/model.onnx'), pixels, [1, 12, 12, 3]))
    const { mean, deviation } = preprocessing
    const normalised = pixels.map((value, i) => (value / 255 - (mean[i % 3] ?? 0)) / (deviation[i % 3] ?? 1))
    if (answered !== null)
      expect(apart(logitsOf(model, normalised, 1), answered.logits?.data ?? [])).toBeLessThan(tolerance)

    for (const exported of ['export/layers', 'export/onnx/model.onnx']) {
      expect((await espalier(['import', join(folder, exported), '--out', back])).code).toBe(0)
      expect((await run(readModelFile(back))).preprocessing).toEqual(preprocessing)
    }
  }))

test('a Keras file becomes a model, and what it is left without is said', () =>
  inFolder(async folder => {
    const out = join(folder, 'm.safetensors')
    const { code, out: said, err } = await espalier(['import', kerasFile('nested-3.keras'), '--out', out])
    expect([code, said]).toEqual([0, `${out}\n`])
    expect(err).toContain('layer flip (RandomFlip) is left out: it acts while training alone')
    expect((await run(readModelFile(out))).preprocessing?.classes).toEqual(['0', '1', '2'])
  }))

test('pixels are refused where the file does not say how images were normalised, and an empty Keras file', () =>
  inFolder(async folder => {
    const [file, keras] = [join(folder, 'model.safetensors'), join(folder, 'm.keras')]
    await run(saveModel(file)(model))
    writeFileSync(keras, '')
    const [raw, imported] = await Promise.all([
      espalier(['export', file, '--to', 'onnx', '--input', 'raw']),
      espalier(['import', keras, '--out', join(folder, 'm.safetensors')]),
    ])
    expectRefusedAtOnce(raw, '--input raw: ', 'try --input normalised')
    expectRefusedAtOnce(imported, 'm.keras: expected a whole zip archive, as model.save writes it, got ')
  }))

test('a SavedModel is laid out for TensorFlow Serving, and a version of nothing is refused', () =>
  inFolder(async folder => {
    const file = join(folder, 'model.safetensors')
    await run(saveModel(file)(model))
    const version = ['--serving-version', '3']
    const { code } = await espalier(['export', file, '--to', 'savedmodel', ...version])
    expect([code, existsSync(join(folder, 'export/savedmodel/residual/3/saved_model.pb'))]).toEqual([0, true])
    expectRefusedAtOnce(
      await espalier(['export', file, '--to', 'onnx', ...version]),
      '--serving-version: expected --to savedmodel with it, got none; try adding it',
    )
  }))

const experiment = `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, train } from '${root}/src/index.js'
export default experiment(net('n', image(28, 28, 1), convBnAct(8, 5, { stride: 4 }), globalAvgPool, dense(10)), glyphs({ train: 100, test: 20, validation: 0.4 }), train({ epochs: 1, batchSize: 20 }))
`

test('what 8 bits cost is measured on the validation images of the run', () =>
  inFolder(async folder => {
    const [file, out] = [join(folder, 'e.ts'), join(folder, 'run')]
    writeFileSync(file, experiment)
    expect((await espalier(['train', file, '--engine', 'wasm', '--out', out])).code).toBe(0)
    const { code, err } = await espalier(['export', out, '--to', 'onnx', '--weights', 'int8', '--data'])
    expect(code).toBe(0)
    expect(err).toMatch(
      /^on 40 validation images: \d+\.\d\d % with 8-bit weights, \d+\.\d\d % with 32-bit ones$/m,
    )
    expect(readFileSync(join(out, 'export/onnx/model.onnx')).includes('DequantizeLinear')).toBe(true)

    const cwd = onnxRuntime === null ? root : join(root, 'test/oracles')
    for (const [activations, operator] of [
      ['dynamic', 'ConvInteger'],
      ['calibrated', 'QuantizeLinear'],
    ] as const) {
      const more = ['--weights', 'int8', '--activations', activations, '--data']
      const { code, err } = await espalier(['export', out, '--to', 'onnx', ...more], { cwd })
      expect(code).toBe(0)
      expect(err).toMatch(
        onnxRuntime === null
          ? /^not checked against onnxruntime: onnxruntime-node is not installed/m
          : /^on 40 validation images, one at a time in onnxruntime: \d+\.\d\d % in 8 bits, \d+\.\d\d % in 32; [\d,]+ bytes instead of [\d,]+, in \d+\.\d\d of the time$/m,
      )
      expect(readFileSync(join(out, 'export/onnx/model.onnx')).includes(operator)).toBe(true)
    }
  }))

test.for([
  [
    'run',
    { to: ['layers'], weights: 'int8' },
    '--weights: expected --to onnx with it, got none; try adding it',
  ],
  ['run', { to: ['onnx'], data: true }, '--data: expected --weights int8 with it, got none; try adding it'],
  [
    'model.safetensors',
    { to: ['onnx'], weights: 'int8', data: 'mnist' },
    "--data: expected a run's folder, got model.safetensors; try the folder",
  ],
  [
    'run',
    { to: ['onnx'], activations: 'dynamic' },
    '--activations: expected --weights int8 with it, got none; try adding it',
  ],
  [
    'model.safetensors',
    { to: ['onnx'], weights: 'int8', activations: 'calibrated' },
    "--activations calibrated: expected a run's folder, for its validation images, got model.safetensors; try the folder",
  ],
  [
    'run',
    { to: ['onnx'], servingVersion: 1 },
    '--serving-version: expected --to savedmodel with it, got none; try adding it',
  ],
] satisfies readonly (readonly [string, ExportArguments, string])[])(
  'of %s with %o is refused: %s',
  ([path, options, complaint]) => {
    expect(exportComplaints(path, options)).toEqual([complaint])
  },
)

test('a run that has not ended is refused with the command that resumes it', () =>
  inFolder(async folder => {
    writeFileSync(join(folder, 'checkpoint.safetensors'), '')
    expectRefusedAtOnce(
      await espalier(['export', folder, '--to', 'onnx']),
      `${folder}: expected a run that has ended, got one without model.safetensors; try first: npm run resume -- ${folder}`,
    )
  }))
