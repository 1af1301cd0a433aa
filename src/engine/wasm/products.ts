/** Convolutions, dense layers and their gradients as kernel calls. */
import type { OpOf } from '../../graph/value.js'
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import { type Emitted, type Emitter, type Locate, nth, type Site, shapeOf } from './emitter.js'
import { bytesOf, type Place, type Step, step, whole } from './place.js'
import { type Frame, frameAround, frameBehind, groupOf, type Slide, scratchOf, slideOf } from './slide.js'

const flag = { accumulate: 1, scale: 2, shift: 4, relu: 8 } as const

const panels = (width: number): number => Math.ceil(width / 8)

/** How a kernel is read while it is packed: strides in floats, `start` where its first tap is. */
interface Packing {
  readonly taps: number
  readonly depth: number
  readonly width: number
  readonly start: number
  readonly tapStep: number
  readonly depthStep: number
  readonly widthStep: number
}

const packedFloats = ({ taps, depth, width }: Packing): number => panels(width) * 8 * taps * depth

const pack = (packing: Packing, source: number, target: number): Step => {
  const { taps, depth, width, start, tapStep, depthStep, widthStep } = packing
  return step(
    'pack',
    panels(width),
    source + bytesOf(start),
    target,
    taps,
    depth,
    width,
    tapStep,
    depthStep,
    widthStep,
  )
}

/** Taps in order, in → out. */
const straight = (taps: number, channels: number, filters: number): Packing => ({
  taps,
  depth: channels,
  width: filters,
  start: 0,
  tapStep: channels * filters,
  depthStep: filters,
  widthStep: 1,
})

/** The last tap first, out → in. */
const mirrored = (taps: number, channels: number, filters: number): Packing => ({
  taps,
  depth: filters,
  width: channels,
  start: (taps - 1) * channels * filters,
  tapStep: -channels * filters,
  depthStep: 1,
  widthStep: filters,
})

/** What a product adds to its steps to finish as the site asks: its flags, where its slopes and offsets are. */
interface Finishing {
  readonly steps: readonly Step[]
  readonly flags: number
  readonly slopes: number
  readonly offsets: number
}

const finishing = ({ finish, finishing }: Site, at: Locate, slopes: number, offsets: number): Finishing => {
  const { behind, rectified, accumulated } = finish
  const flags = (rectified ? flag.relu : 0) + (accumulated ? flag.accumulate : 0)
  if (behind === null) return { steps: [], flags, slopes: 0, offsets: 0 }
  const [first = 0, ...rest] = finishing.map(at)
  if (behind.op.kind !== 'normalise')
    return { steps: [], flags: flags + flag.shift, slopes: 0, offsets: first }
  const fold = step('folded', channelsOf(behind.shape), first, ...rest, behind.op.epsilon, slopes, offsets)
  return { steps: [fold], flags: flags + flag.scale + flag.shift, slopes, offsets }
}

interface Convolution {
  readonly source: Place
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly frame: Frame
  readonly packing: Packing
  readonly kernel: Place
  readonly size: number
  readonly dilation: number
  readonly stride: number
  readonly images: number
  readonly rows: number
  readonly columns: number
}

const convolution = (site: Site, product: Convolution): Emitted => {
  const { source, height, width, channels, frame, packing, size, dilation, stride, images, rows, columns } =
    product
  const filters = packing.width
  const group = groupOf(frame, channels, images)
  const { framed, high, wide, top, left, apart } = frame
  return {
    work: [packedFloats(packing), filters, filters],
    scratch: scratchOf(frame, channels, group),
    steps: (at, [packed = 0, slopes = 0, offsets = 0]) => {
      const finish = finishing(site, at, slopes, offsets)
      return [
        pack(packing, at(product.kernel), packed),
        ...finish.steps,
        step(
          'convolve',
          images,
          ...[at(source), source.ld, height, width, channels],
          ...[Number(framed), high, wide, top, left, apart, group],
          ...[packed, size, dilation, stride, filters],
          ...[at(site.output), site.output.ld, rows, columns, finish.flags, finish.slopes, finish.offsets],
        ),
      ]
    },
  }
}

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
): Slide => slideOf(x, y, kernel[0] ?? 1, op.window)

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

/** Floats of a window that lie in a row, where pixels follow one another without a gap. */
const strips = ({ size, channels, dilation }: Slide, contiguous: boolean): number =>
  contiguous && dilation === 1
    ? size * Math.ceil((size * channels) / 4)
    : size * size * Math.ceil(channels / 4)

interface KernelGradient {
  readonly x: Place
  readonly dy: Place
  readonly slide: Slide
  readonly filters: number
  readonly output: Place
}

const kernelGradient = ({ x, dy, slide, filters, output }: KernelGradient): Emitted => {
  const { images, height, width, channels, rows, columns, size, dilation, stride } = slide
  const frame = frameAround(slide)
  const { framed, high, wide, top, left } = frame
  const group = groupOf(frame, channels, images)
  return {
    scratch: scratchOf(frame, channels, group),
    steps: at => [
      step(
        'convolveKernel',
        strips(slide, framed || x.ld === bytesOf(channels)),
        ...[images, at(x), x.ld, height, width, channels],
        ...[Number(framed), high, wide, top, left, group],
        ...[at(dy), dy.ld, rows, columns, filters],
        ...[size, dilation, stride, at(output), 0],
      ),
    ],
  }
}

export const convKernel: Emitter<'convKernel'> = ({ value, inputs, output }) => {
  const [dy, x] = [shapeOf(value, 0), shapeOf(value, 1)]
  const slide = slideThrough(x, dy, value.shape, value)
  return kernelGradient({ dy: nth(inputs, 0), x: nth(inputs, 1), slide, filters: channelsOf(dy), output })
}

/** Rows of a matrix as the pixels of one image. */
const pixels = (rows: number, channels: number): Slide => ({
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

const depthwiseThrough = (
  x: Shape,
  y: Shape,
  kernel: Shape,
  { op }: { readonly op: OpOf<'depthwise'> | OpOf<'depthwiseInput'> | OpOf<'depthwiseKernel'> },
): Slide => slideOf(x, y, kernel[0] ?? 1, op.window)

export const depthwise: Emitter<'depthwise'> = ({ value, inputs, output }) => {
  const slide = depthwiseThrough(shapeOf(value, 0), value.shape, shapeOf(value, 1), value)
  const frame = frameAround(slide)
  const { images, height, width, channels, rows, columns, size, dilation, stride } = slide
  const x = nth(inputs, 0)
  return {
    scratch: scratchOf({ ...frame, framed: true }, channels, 1),
    steps: at => [
      step(
        'depthwise',
        images,
        ...[at(x), x.ld, height, width, channels],
        ...[frame.high, frame.wide, frame.top, frame.left, frame.apart],
        ...[at(nth(inputs, 1)), 0, size, dilation, stride, at(output), output.ld, rows, columns],
      ),
    ],
  }
}

export const depthwiseInput: Emitter<'depthwiseInput'> = ({ value, inputs, output }) => {
  const slide = depthwiseThrough(value.shape, shapeOf(value, 0), shapeOf(value, 1), value)
  const frame = frameBehind(slide)
  const { images, height, width, channels, rows, columns, size, dilation } = slide
  const dy = nth(inputs, 0)
  return {
    scratch: scratchOf({ ...frame, framed: true }, channels, 1),
    steps: at => [
      step(
        'depthwise',
        images,
        ...[at(dy), dy.ld, rows, columns, channels],
        ...[frame.high, frame.wide, frame.top, frame.left, frame.apart],
        ...[at(nth(inputs, 1)), 1, size, dilation, 1, at(output), output.ld, height, width],
      ),
    ],
  }
}

export const depthwiseKernel: Emitter<'depthwiseKernel'> = ({ value, inputs, output }) => {
  const slide = depthwiseThrough(shapeOf(value, 1), shapeOf(value, 0), value.shape, value)
  const frame = frameAround(slide)
  const { images, height, width, channels, rows, columns, size, dilation, stride } = slide
  const [dy, x] = [nth(inputs, 0), nth(inputs, 1)]
  return {
    scratch: scratchOf({ ...frame, framed: true }, channels, 1),
    steps: at => [
      step(
        'depthwiseKernel',
        Math.ceil(channels / 4),
        ...[images, at(x), x.ld, height, width, channels],
        ...[frame.high, frame.wide, frame.top, frame.left],
        ...[at(dy), dy.ld, rows, columns, size, dilation, stride, at(output)],
      ),
    ],
  }
}
