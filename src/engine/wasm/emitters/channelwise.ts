/** Depthwise convolutions and their gradients as kernel calls. */
import type { OpOf } from '../../../graph/graph.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { Sides } from '../../../net/window.js'
import { bytesOf, type Place, step } from '../planning/buffers.js'
import { type Emitted, type Emitter, nth, shapeOf } from './emitter.js'
import {
  closeFrame,
  type Frame,
  frameAround,
  frameBehind,
  kernelWindow,
  scratchOf,
  type WindowPlan,
  windowPlan,
} from './slide.js'

const windowOf = (
  x: Shape,
  y: Shape,
  kernel: Shape,
  { op }: { readonly op: OpOf<'depthwise'> | OpOf<'depthwiseInput'> | OpOf<'depthwiseKernel'> },
): WindowPlan => windowPlan(x, y, kernelWindow(kernel, op.window))

/** Channels whose sums a kernel's gradient takes together. */
const block = 16

/** A map in memory. */
interface MapAt {
  readonly place: Place
  readonly height: number
  readonly width: number
}

/** One call of the depthwise kernel. */
interface DepthwiseCall {
  readonly plan: WindowPlan
  readonly frame: Frame
  readonly filters: Place
  /** Whether the filters are mirrored, as for the gradient of the input. */
  readonly mirrored: boolean
  readonly stride: Sides
}

/** The cache that the frame of a strip should fit. */
const cacheBytes = 3 << 16

/** Rows of outputs whose windows a frame holds. */
const stripOf = (
  { channels, dilation, size }: WindowPlan,
  wide: number,
  stride: Sides,
  rows: number,
): number => {
  const framed = Math.floor(cacheBytes / (4 * wide * channels)) - (size[0] - 1) * dilation
  return Math.max(1, Math.min(rows, Math.floor(framed / stride[0])))
}

const convolveDepthwise = (call: DepthwiseCall, from: MapAt, to: MapAt): Emitted => {
  const { frame, filters, mirrored, stride } = call
  const { images, channels, size, dilation } = call.plan
  const [down, across] = frame.apart
  const { wide, left: before } = closeFrame(frame)
  const strip = stripOf(call.plan, wide, stride, to.height)
  const high = Math.floor(((strip - 1) * stride[0] + (size[0] - 1) * dilation) / down) + 2
  return {
    scratch: scratchOf({ ...frame, framed: true, high, wide }, channels, 1),
    steps: at => [
      step(
        'depthwise',
        images,
        ...[at(from.place), from.place.ld, from.height, from.width, channels],
        ...[frame.top, frame.left, down, across, wide, before, strip],
        ...[at(filters), Number(mirrored), ...size, dilation, ...stride],
        ...[at(to.place), to.place.ld, to.height, to.width],
      ),
    ],
  }
}

const inputMap = (place: Place, { height, width }: WindowPlan): MapAt => ({ place, height, width })
const outputMap = (place: Place, { rows, columns }: WindowPlan): MapAt => ({
  place,
  height: rows,
  width: columns,
})

export const depthwise: Emitter<'depthwise'> = ({ value, inputs, output }) => {
  const plan = windowOf(shapeOf(value, 0), value.shape, shapeOf(value, 1), value)
  const { stride } = plan
  const call = { plan, frame: frameAround(plan), filters: nth(inputs, 1), mirrored: false, stride }
  return convolveDepthwise(call, inputMap(nth(inputs, 0), plan), outputMap(output, plan))
}

export const depthwiseInput: Emitter<'depthwiseInput'> = ({ value, inputs, output }) => {
  const plan = windowOf(value.shape, shapeOf(value, 0), shapeOf(value, 1), value)
  const stride: Sides = [1, 1]
  const call = { plan, frame: frameBehind(plan), filters: nth(inputs, 1), mirrored: true, stride }
  return convolveDepthwise(call, outputMap(nth(inputs, 0), plan), inputMap(output, plan))
}

export const depthwiseKernel: Emitter<'depthwiseKernel'> = ({ value, inputs, output }) => {
  const slide = windowOf(shapeOf(value, 1), shapeOf(value, 0), value.shape, value)
  const frame = frameAround(slide)
  const { images, height, width, channels, rows, columns, size, dilation, stride } = slide
  const [dy, x] = [nth(inputs, 0), nth(inputs, 1)]
  return {
    scratch: scratchOf({ ...frame, framed: true }, block, 1) + bytesOf(sizeOf(size) * block),
    steps: at => [
      step(
        'depthwiseKernel',
        Math.ceil(channels / block),
        ...[images, at(x), x.ld, height, width, channels],
        ...[frame.high, frame.wide, frame.top, frame.left],
        ...[at(dy), dy.ld, rows, columns, ...size, dilation, ...stride, at(output)],
      ),
    ],
  }
}
