/** Convolutions and dense layers, forward and back, as kernel calls. */
import type { OpOf } from '../../../graph/graph.js'
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'
import { step, whole } from '../planning/buffers.js'
import { type Convolution, convolution } from './convolution.js'
import { type Emitted, type Emitter, nth, type Site, shapeOf } from './emitter.js'
import { kernelGradient } from './gradient.js'
import { mirrored, straight } from './packing.js'
import { frameAround, frameBehind, type WindowPlan, windowPlan } from './slide.js'

/** An unframed window of one pixel sees a map as one long row. */
const unrolled = (product: Convolution): Convolution => {
  const { frame, size, stride, height, width, rows, columns } = product
  return frame.framed || size > 1 || stride > 1
    ? product
    : {
        ...product,
        height: 1,
        width: height * width,
        rows: 1,
        columns: rows * columns,
        frame: { ...frame, high: 1, wide: height * width },
      }
}

const slideThrough = (
  x: Shape,
  y: Shape,
  kernel: Shape,
  { op }: { readonly op: OpOf<'conv'> | OpOf<'convInput'> | OpOf<'convKernel'> },
): WindowPlan => windowPlan(x, y, kernel[0] ?? 1, op.window)

export const conv: Emitter<'conv'> = site => {
  const { value, inputs } = site
  const kernel = shapeOf(value, 1)
  const slide = slideThrough(shapeOf(value, 0), value.shape, kernel, value)
  return convolution(
    site,
    unrolled({
      ...slide,
      source: nth(inputs, 0),
      kernel: nth(inputs, 1),
      frame: frameAround(slide),
      packing: straight(slide.size ** 2, slide.channels, channelsOf(value.shape)),
    }),
  )
}

export const convInput: Emitter<'convInput'> = site => {
  const { value, inputs } = site
  const [dy, kernel] = [shapeOf(value, 0), shapeOf(value, 1)]
  const slide = slideThrough(value.shape, dy, kernel, value)
  const filters = channelsOf(dy)
  return convolution(
    site,
    unrolled({
      ...slide,
      source: nth(inputs, 0),
      kernel: nth(inputs, 1),
      height: slide.rows,
      width: slide.columns,
      channels: filters,
      rows: slide.height,
      columns: slide.width,
      stride: 1,
      frame: frameBehind(slide),
      packing: mirrored(slide.size ** 2, slide.channels, filters),
    }),
  )
}

export const convKernel: Emitter<'convKernel'> = ({ value, inputs, output }) => {
  const [dy, x] = [shapeOf(value, 0), shapeOf(value, 1)]
  const slide = slideThrough(x, dy, value.shape, value)
  return kernelGradient({ dy: nth(inputs, 0), x: nth(inputs, 1), slide, filters: channelsOf(dy), output })
}

/** Rows of a matrix as the pixels of one image. */
const pixels = (rows: number, channels: number): WindowPlan => ({
  images: 1,
  height: 1,
  width: rows,
  channels,
  rows: 1,
  columns: rows,
  size: 1,
  span: 1,
  stride: 1,
  dilation: 1,
  padding: 'valid',
  top: 0,
  left: 0,
})

/** A·B or A·Bᵀ: rows of A as pixels, B as the kernel of a window of one. */
const rowsTimes = (site: Site<'matmul'>): Emitted => {
  const { value, inputs } = site
  const [rows = 0, width = 0] = value.shape
  const depth = channelsOf(shapeOf(value, 0))
  const slide = pixels(rows, depth)
  const turned = value.op.transposeB
  return convolution(site, {
    ...slide,
    source: nth(inputs, 0),
    kernel: nth(inputs, 1),
    frame: frameAround(slide),
    packing: {
      ...straight(1, depth, width),
      depthStep: turned ? 1 : width,
      widthStep: turned ? depth : 1,
    },
  })
}

/** Aᵀ·B: what a window of one sees, summed over the rows; Bᵀ is turned first. */
const columnsTimes = ({ value, inputs, output }: Site<'matmul'>): Emitted => {
  const [depth = 0, channels = 0] = shapeOf(value, 0)
  const filters = channelsOf(value.shape)
  const [a, b] = [nth(inputs, 0), nth(inputs, 1)]
  const slide = pixels(depth, channels)
  if (!value.op.transposeB) return kernelGradient({ x: a, dy: b, slide, filters, output })
  const turned = whole([depth, filters])
  const gradient = kernelGradient({ x: a, dy: turned, slide, filters, output })
  return {
    work: [sizeOf(shapeOf(value, 1))],
    steps: (at, [work = 0]) => [
      step('transpose', filters, at(b), filters, depth, work),
      ...gradient.steps(place => (place === turned ? work : at(place)), []),
    ],
  }
}

export const matmul: Emitter<'matmul'> = site =>
  site.value.op.transposeA ? columnsTimes(site) : rowsTimes(site)
