/** What scales and shifts the channels of pixels at an ONNX file's front becomes preprocessing, and nothing else does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { encodeModel } from '../../src/convert/export.js'
import type { Input } from '../../src/convert/input.js'
import { readOnnxFile, readOnnxModel } from '../../src/convert/onnx/import/read.js'
import { normals } from '../../src/net/random.js'
import { type FileOf, type NodeOf, number, onnxFile, type TensorOf, weight } from '../support/onnx-file.js'
import { apart, inFolder, logitsOf, run, tolerance } from '../support/programs/exported.js'
import { answersOf, answerTo, onnxRuntime } from '../support/programs/runtimes.js'

const [height, width] = [6, 5]

const channelwise = (...values: readonly number[]): TensorOf => ({
  dims: [1, values.length, 1, 1],
  dataType: 1,
  floatData: values,
})

/** These nodes, which end in `y`, before a small net. */
const fronted = (front: readonly NodeOf[], weights: FileOf['weights'], channels = 3): FileOf => ({
  nodes: [
    ...front,
    { op: 'Conv', from: ['y', 'w', 'b'], to: ['c'] },
    { op: 'GlobalAveragePool', from: ['c'], to: ['p'] },
    { op: 'Flatten', from: ['p'], to: ['f'] },
    { op: 'Gemm', from: ['f', 'head'], to: ['out'] },
  ],
  weights: { ...weights, w: weight(4, channels, 3, 3), b: weight(4), head: weight(4, 2) },
  input: [1, channels, height, width],
  outputs: ['out'],
})

const sub: NodeOf = { op: 'Sub', from: ['x', 'mean'], to: ['d'] }
const div: NodeOf = { op: 'Div', from: ['d', 'deviation'], to: ['y'] }

const lifted: Readonly<
  Record<string, readonly [FileOf, Input, mean: readonly number[], deviation: readonly number[]]>
> = {
  'mean and deviation of pixels to 1': [
    fronted([sub, div], { mean: channelwise(0.5, 0.25, 0.75), deviation: channelwise(0.25, 0.5, 0.125) }),
    ...(['unit', [0.5, 0.25, 0.75], [0.25, 0.5, 0.125]] as const),
  ],
  'pixels to 255 over 127.5, less 1': [
    fronted(
      [
        { op: 'Mul', from: ['factor', 'x'], to: ['d'] },
        { op: 'Sub', from: ['d', 'one'], to: ['y'] },
      ],
      { factor: number(1 / 127.5), one: number(1) },
    ),
    ...(['raw', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]] as const),
  ],
  'means of pixels to 255 alone': [
    fronted([{ ...sub, to: ['y'] }], { mean: channelwise(102, 127.5, 51) }),
    ...(['raw', [0.4, 0.5, 0.2], [1 / 255, 1 / 255, 1 / 255]] as const),
  ],
  'pixels to 255 over 255': [
    fronted([{ ...div, from: ['x', 'deviation'] }], { deviation: number(255) }),
    ...(['raw', [0, 0, 0], [1, 1, 1]] as const),
  ],
  'a filter of one pixel for each channel': [
    fronted([{ op: 'Conv', from: ['x', 'factor', 'addend'], to: ['y'], with: { group: 3 } }], {
      factor: { dims: [3, 1, 1, 1], dataType: 1, floatData: [4, 2, 8] },
      addend: { dims: [3], dataType: 1, floatData: [-2, -1, -4] },
    }),
    ...(['unit', [0.5, 0.5, 0.5], [0.25, 0.5, 0.125]] as const),
  ],
  'a filter of one pixel for the only channel': [
    fronted(
      [{ op: 'Conv', from: ['x', 'factor', 'addend'], to: ['y'] }],
      {
        factor: { dims: [1, 1, 1, 1], dataType: 1, floatData: [4] },
        addend: { dims: [1], dataType: 1, floatData: [-2] },
      },
      1,
    ),
    ...(['unit', [0.5], [0.25]] as const),
  ],
}

const inFile = <A>(content: FileOf, use: (file: string) => Promise<A>): Promise<A> =>
  inFolder(folder => {
    const file = join(folder, 'model.onnx')
    writeFileSync(file, onnxFile(content))
    return use(file)
  })

test.for(Object.entries(lifted))('%s', ([, [content, input, mean, deviation]]) =>
  inFile(content, async file => {
    const [whole, found] = [
      await run(readOnnxModel(file)),
      await run(readOnnxFile(file, { batchNorm: true })),
    ]
    const { model, preprocessing, notes } = found
    expect(notes).toEqual([{ _tag: 'NormaliserLifted', input }])
    expect(apart(mean, preprocessing?.mean ?? [])).toBeLessThan(1e-7)
    expect(apart(deviation, preprocessing?.deviation ?? [])).toBeLessThan(1e-7)
    expect(whole.net.body.layers).toHaveLength(model.net.body.layers.length + 1)

    const most = input === 'raw' ? 255 : 1
    const channels = mean.length
    const pixels = normals(1, 'pixels', channels * height * width, 1).map(value => most * Math.abs(value % 1))
    const normalised = pixels.map(
      (value, i) => (value / most - (mean[i % channels] ?? 0)) / (deviation[i % channels] ?? 1),
    )
    const logits = logitsOf(whole, pixels, 1)
    expect(apart(logits, logitsOf(model, normalised, 1))).toBeLessThan(tolerance)
    if (onnxRuntime === null || preprocessing === null) return
    const first = Float32Array.from(pixels, (_, i) => {
      const [c, pixel] = [Math.floor(i / (height * width)), i % (height * width)]
      return pixels[pixel * channels + c] ?? 0
    })
    const { out } = await answerTo(file, 'x', first, [1, channels, height, width])
    expect(apart(logits, out?.data ?? [])).toBeLessThan(tolerance)
    const [again] = await run(encodeModel('onnx', { preprocessing, input })(model))
    const answered = await answersOf(again?.bytes ?? '', pixels, [1, height, width, channels])
    expect(apart(logits, answered.logits?.data ?? [])).toBeLessThan(tolerance)
  }),
)

const kept: Readonly<Record<string, FileOf>> = {
  'deviations that are of neither': fronted([{ ...div, from: ['x', 'deviation'] }], {
    deviation: number(2.2),
  }),
  'a negative factor': fronted([{ ...div, from: ['x', 'deviation'] }], { deviation: number(-0.25) }),
  'a channel of other pixels': fronted([sub, div], {
    mean: channelwise(0.5, 0.25, 0.75),
    deviation: channelwise(0.25, 0.5, 127),
  }),
  'pixels that another branch reads as they are': fronted(
    [sub, { ...div, to: ['n'] }, { op: 'Add', from: ['x', 'n'], to: ['y'] }],
    { mean: number(0.5), deviation: number(0.25) },
  ),
  'windows of more than a pixel': fronted(
    [{ op: 'Conv', from: ['x', 'wide'], to: ['y'], with: { group: 3 } }],
    { wide: { ...weight(3, 1, 2, 2), floatData: new Array<number>(12).fill(2) } },
  ),
  'windows that reach beyond the map': fronted(
    [{ op: 'Conv', from: ['x', 'factor', 'addend'], to: ['y'], with: { group: 3, pads: [1, 0, 0, 0] } }],
    {
      factor: { dims: [3, 1, 1, 1], dataType: 1, floatData: [4, 2, 8] },
      addend: { dims: [3], dataType: 1, floatData: [-2, -1, -4] },
    },
  ),
}

test.for(Object.entries(kept))('%s: the layer stays', ([, content]) =>
  inFile(content, async file => {
    const { preprocessing, notes = [], model } = await run(readOnnxFile(file))
    expect([preprocessing, notes.filter(({ _tag }) => _tag === 'NormaliserLifted')]).toEqual([null, []])
    expect(model).toEqual(await run(readOnnxModel(file)))
  }),
)
