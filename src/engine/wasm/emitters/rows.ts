/** Batch norms, pools, softmax and cross-entropy as kernel calls. */
import type { OpOf, Value } from '../../../graph/graph.js'
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'
import { step } from '../planning/buffers.js'
import {
  type Emitted,
  type Emitter,
  type Epilogue,
  nth,
  type Preparation,
  padded,
  type Site,
  shapeOf,
} from './emitter.js'
import { type WindowPlan, windowPlan } from './slide.js'

/** How many segments a sum over rows is cut into: fixed, so that the result is the same on any number of threads. */
const segmentsFor = (rows: number): number => Math.max(1, Math.min(16, Math.floor(rows / 64)))

const rowsOf = (shape: Shape): number => sizeOf(shape) / channelsOf(shape)

/** Floats of the results after the first. Only a norm's gradient reads its third: the terms of each channel. */
export const othersOf = ({ op, shape, inputs }: Value): readonly number[] => {
  const channels = channelsOf(shape)
  switch (op.kind) {
    case 'batchNorm':
      return [channels, channels, 4 * padded(channels)]
    case 'batchNormGrad':
      return [channels, channels]
    case 'crossEntropy':
      return [sizeOf(inputs[0]?.shape ?? [])]
    default:
      return []
  }
}

const clamps = { relu: 1, relu6: 2 } as const

/** What cuts off the values behind a norm, as kernels take it. */
const clampOf = ({ clamp }: Epilogue): number => (clamp === null ? 0 : clamps[clamp])

/** How a batch norm walks its input: rows of channels, in segments that threads share. */
interface NormPlan {
  readonly channels: number
  readonly rows: number
  readonly segments: number
  /** Floats of the partial sums: two a channel and segment. */
  readonly partial: number
}

const normPlan = ({ shape }: Value): NormPlan => {
  const channels = channelsOf(shape)
  const rows = rowsOf(shape)
  const segments = segmentsFor(rows)
  return { channels, rows, segments, partial: segments * 2 * padded(channels) }
}

/** Scratch bytes of two sums a channel. */
const chunkBytes = (channels: number): number => 8 * padded(channels)

/** The sums of each segment, then scale and shift of each channel, then the result. */
export const batchNorm: Emitter<'batchNorm'> = ({ value, inputs, output, others, finish }) => {
  const [x, scale, shift] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)]
  const [mean, variance, terms] = [nth(others, 0), nth(others, 1), nth(others, 2)]
  const { channels, rows, segments, partial: partialFloats } = normPlan(value)
  return {
    work: [partialFloats],
    scratch: chunkBytes(channels),
    steps: (at, [partial = 0]) => [
      step('moments', segments, ...[segments, at(x), x.ld, rows, channels, partial]),
      step(
        'settle',
        channels,
        ...[segments, partial, rows, channels, at(scale), at(shift), value.op.epsilon],
        ...[at(terms), at(mean), at(variance)],
      ),
      step('normalise', rows, ...[at(x), x.ld, channels, at(terms), clampOf(finish), at(output), output.ld]),
    ],
  }
}

/** The sums of each segment, then the gradients of scale and shift, then the gradient of the input. */
export const batchNormGrad: Emitter<'batchNormGrad'> = site => {
  const { value, inputs, output, others, behind, finish } = site
  const [dy, x] = [nth(inputs, 0), nth(inputs, 1)]
  const [dscale, dshift] = [nth(others, 0), nth(others, 1)]
  const terms = nth(behind[3] ?? [], 2)
  const { channels, rows, segments, partial: partialFloats } = normPlan(value)
  const clamp = clampOf(finish)
  return {
    work: [partialFloats, 2 * padded(channels)],
    scratch: chunkBytes(channels),
    steps: (at, [partial = 0, back = 0]) => {
      const source = [at(dy), dy.ld, at(x), x.ld]
      return [
        step('signals', segments, ...[segments, ...source, rows, channels, at(terms), clamp, partial]),
        step(
          'settleSignals',
          channels,
          ...[segments, partial, rows, channels, at(terms), at(dscale), at(dshift), back],
        ),
        step('normaliseGrad', rows, ...[...source, channels, at(terms), back, clamp, at(output), output.ld]),
      ]
    },
  }
}

export const normalise: Emitter<'normalise'> = ({ value, inputs, output, finish }) => {
  const x = nth(inputs, 0)
  const channels = channelsOf(value.shape)
  const fixed = inputs.slice(1)
  const settled: Preparation = {
    floats: 4 * padded(channels),
    inputs: fixed,
    step: (at, terms) => step('settled', channels, channels, ...fixed.map(at), value.op.epsilon, terms),
  }
  return {
    prepared: [settled],
    steps: (at, _, [terms = 0]) => [
      step(
        'normalise',
        rowsOf(value.shape),
        ...[at(x), x.ld, channels, terms, clampOf(finish), at(output), output.ld],
      ),
    ],
  }
}

type Pool = 'maxPool' | 'avgPool' | 'maxPoolGrad' | 'avgPoolGrad'

const windowOf = (x: Shape, y: Shape, { op: { window } }: { readonly op: OpOf<Pool> }): WindowPlan =>
  windowPlan(x, y, window)

/** How a window slides, as kernels take it. */
const slideOf = ({ size, stride, top, left }: WindowPlan): readonly number[] => [
  ...size,
  ...stride,
  top,
  left,
]

/** A pool's kernel, given what it takes beside the window. */
const pool = (
  kernel: 'maxPool' | 'avgPool',
  { value, inputs, output }: Site<'maxPool'> | Site<'avgPool'>,
  options: readonly number[] = [],
): Emitted => {
  const slide = windowOf(shapeOf(value, 0), value.shape, value)
  const { images, height, width, channels, left, rows, columns } = slide
  const x = nth(inputs, 0)
  const reach = Math.max(left + width, (columns - 1) * slide.stride[1] + slide.size[1])
  return {
    scratch: 4 * reach * channels + 64,
    steps: at => [
      step(
        kernel,
        images,
        ...[at(x), x.ld, height, width, channels, ...slideOf(slide), ...options],
        ...[at(output), output.ld, rows, columns],
      ),
    ],
  }
}

export const maxPool: Emitter<'maxPool'> = site => pool('maxPool', site)

export const avgPool: Emitter<'avgPool'> = site => pool('avgPool', site, [Number(site.value.op.countPadding)])

export const maxPoolGrad: Emitter<'maxPoolGrad'> = ({ value, inputs, output, finish }) => {
  const slide = windowOf(value.shape, shapeOf(value, 0), value)
  const { images, height, width, channels, rows, columns } = slide
  const [dy, x, y] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)]
  return {
    steps: at => [
      step(
        'maxPoolGrad',
        images,
        ...[at(dy), dy.ld, at(x), x.ld, height, width, channels, ...slideOf(slide)],
        ...[at(y), y.ld, rows, columns, at(output), Number(finish.accumulated)],
      ),
    ],
  }
}

export const avgPoolGrad: Emitter<'avgPoolGrad'> = ({ value, inputs, output, finish }) => {
  const slide = windowOf(value.shape, shapeOf(value, 0), value)
  const { images, height, width, channels, rows, columns } = slide
  const dy = nth(inputs, 0)
  return {
    steps: at => [
      step(
        'avgPoolGrad',
        images,
        ...[at(dy), dy.ld, height, width, channels, ...slideOf(slide), Number(value.op.countPadding)],
        ...[rows, columns, at(output), Number(finish.accumulated)],
      ),
    ],
  }
}

export const softmax: Emitter<'softmax'> = ({ value, inputs, output }) => ({
  steps: at => [
    step('softmax', rowsOf(value.shape), at(nth(inputs, 0)), channelsOf(value.shape), at(output)),
  ],
})

export const crossEntropy: Emitter<'crossEntropy'> = ({ value, inputs, output, others }) => {
  const logits = shapeOf(value, 0)
  return {
    steps: at => [
      step(
        'crossEntropy',
        rowsOf(logits),
        ...[at(nth(inputs, 0)), at(nth(inputs, 1)), channelsOf(logits), at(output), at(nth(others, 0))],
      ),
    ],
  }
}
