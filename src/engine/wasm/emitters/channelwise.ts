/** Depthwise convolutions and their gradients as kernel calls. */
import type { OpOf } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import { step } from '../planning/buffers.js'
import { type Emitter, nth, shapeOf } from './emitter.js'
import { frameAround, frameBehind, kernelWindow, scratchOf, type WindowPlan, windowPlan } from './slide.js'

const windowOf = (
  x: Shape,
  y: Shape,
  kernel: Shape,
  { op }: { readonly op: OpOf<'depthwise'> | OpOf<'depthwiseInput'> | OpOf<'depthwiseKernel'> },
): WindowPlan => windowPlan(x, y, kernelWindow(kernel, op.window))

export const depthwise: Emitter<'depthwise'> = ({ value, inputs, output }) => {
  const slide = windowOf(shapeOf(value, 0), value.shape, shapeOf(value, 1), value)
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
        ...[frame.high, frame.wide, frame.top, frame.left, ...frame.apart],
        ...[at(nth(inputs, 1)), 0, ...size, dilation, ...stride, at(output), output.ld, rows, columns],
      ),
    ],
  }
}

export const depthwiseInput: Emitter<'depthwiseInput'> = ({ value, inputs, output }) => {
  const slide = windowOf(value.shape, shapeOf(value, 0), shapeOf(value, 1), value)
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
        ...[frame.high, frame.wide, frame.top, frame.left, ...frame.apart],
        ...[at(nth(inputs, 1)), 1, ...size, dilation, 1, 1, at(output), output.ld, height, width],
      ),
    ],
  }
}

export const depthwiseKernel: Emitter<'depthwiseKernel'> = ({ value, inputs, output }) => {
  const slide = windowOf(shapeOf(value, 1), shapeOf(value, 0), value.shape, value)
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
        ...[at(dy), dy.ld, rows, columns, ...size, dilation, ...stride, at(output)],
      ),
    ],
  }
}
