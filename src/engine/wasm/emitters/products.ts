/** Emits convolutions and matrix products, with their gradients. */
import type { OpOf } from '../../../graph/graph.js'
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'
import { step, wholePlace } from '../planning/buffers.js'
import { convolution } from './convolution.js'
import { type Emitted, type Emitter, nth, type Site, shapeOf } from './emitter.js'
import { kernelGradient } from './gradient.js'
import { forwardPacking, gradientPacking } from './packing.js'
import { frameAround, frameBehind, kernelWindow, type WindowPlan, windowPlan } from './slide.js'

const windowOf = (
  x: Shape,
  y: Shape,
  kernel: Shape,
  { op }: { readonly op: OpOf<'conv'> | OpOf<'convInput'> | OpOf<'convKernel'> },
): WindowPlan => windowPlan(x, y, kernelWindow(kernel, op.window))

export const conv: Emitter<'conv'> = site => {
  const { value, inputs } = site
  const kernel = shapeOf(value, 1)
  const slide = windowOf(shapeOf(value, 0), value.shape, kernel, value)
  return convolution(site, {
    ...slide,
    source: nth(inputs, 0),
    kernel: nth(inputs, 1),
    frame: frameAround(slide),
    packing: forwardPacking(sizeOf(slide.size), slide.channels, channelsOf(value.shape)),
  })
}

export const convInput: Emitter<'convInput'> = site => {
  const { value, inputs } = site
  const [dy, kernel] = [shapeOf(value, 0), shapeOf(value, 1)]
  const slide = windowOf(value.shape, dy, kernel, value)
  const filters = channelsOf(dy)
  return convolution(site, {
    ...slide,
    source: nth(inputs, 0),
    kernel: nth(inputs, 1),
    height: slide.rows,
    width: slide.columns,
    channels: filters,
    rows: slide.height,
    columns: slide.width,
    stride: [1, 1],
    frame: frameBehind(slide),
    packing: gradientPacking(sizeOf(slide.size), slide.channels, filters),
  })
}

export const convKernel: Emitter<'convKernel'> = ({ value, inputs, output }) => {
  const [dy, x] = [shapeOf(value, 0), shapeOf(value, 1)]
  const slide = windowOf(x, dy, value.shape, value)
  return kernelGradient({ dy: nth(inputs, 0), x: nth(inputs, 1), slide, filters: channelsOf(dy), output })
}

/** Rows of a matrix as the pixels of one image. */
const asPixels = (rows: number, channels: number): WindowPlan => ({
  images: 1,
  height: 1,
  width: rows,
  channels,
  rows: 1,
  columns: rows,
  size: [1, 1],
  span: [1, 1],
  stride: [1, 1],
  dilation: 1,
  top: 0,
  left: 0,
})

/** A·B or A·Bᵀ: a 1×1 convolution of the rows of A with the kernel B. */
const multiplyRows = (site: Site<'matmul'>): Emitted => {
  const { value, inputs } = site
  const [rows = 0, width = 0] = value.shape
  const depth = channelsOf(shapeOf(value, 0))
  const slide = asPixels(rows, depth)
  const transposed = value.op.transposeB
  return convolution(site, {
    ...slide,
    source: nth(inputs, 0),
    kernel: nth(inputs, 1),
    frame: frameAround(slide),
    packing: {
      ...forwardPacking(1, depth, width),
      depthStep: transposed ? 1 : width,
      widthStep: transposed ? depth : 1,
    },
  })
}

/** Aᵀ·B: the kernel gradient of a 1×1 convolution; for Bᵀ the operand is transposed first. */
const multiplyColumns = ({ value, inputs, output }: Site<'matmul'>): Emitted => {
  const [depth = 0, channels = 0] = shapeOf(value, 0)
  const filters = channelsOf(value.shape)
  const [a, b] = [nth(inputs, 0), nth(inputs, 1)]
  const slide = asPixels(depth, channels)
  if (!value.op.transposeB) return kernelGradient({ x: a, dy: b, slide, filters, output })
  const transposed = wholePlace([depth, filters])
  const gradient = kernelGradient({ x: a, dy: transposed, slide, filters, output })
  return {
    work: [sizeOf(shapeOf(value, 1)), ...(gradient.work ?? [])],
    steps: (at, [work = 0, ...rest]) => [
      step('transpose', filters, at(b), filters, depth, work),
      ...gradient.steps(place => (place === transposed ? work : at(place)), rest, []),
    ],
  }
}

export const matmul: Emitter<'matmul'> = site =>
  site.value.op.transposeA ? multiplyColumns(site) : multiplyRows(site)
