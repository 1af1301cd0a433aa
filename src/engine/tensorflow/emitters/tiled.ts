/** Emits convolutions by 3×3 and their gradients as the addon's, in tiles, where these are quicker than TensorFlow's. */
import type { Window } from '../../../graph/graph.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import { sidesOf, slidesOf } from '../../../net/window.js'
import { flag, ints } from '../graph/node.js'
import type { Emitter } from './emitter.js'
import * as windows from './windows.js'

const size = 3

/** Channels and filters from which it pays: a register has sixteen floats. */
const fewest = 8

/** Rows and columns around a map [n, h, w, c]: top, bottom, left, right. */
const paddingOf = ([, ...map]: Shape, window: Window): readonly number[] =>
  slidesOf(map, { ...window, size }).flatMap(({ before, after }) => [before, after])

/** Whether windows of a kernel [height, width, channels, filters] on a map are quicker in tiles. */
const suitsTiles = (map: Shape, window: Window, [height, width, channels = 0, filters = 0]: Shape): boolean =>
  height === size &&
  width === size &&
  window.dilation === 1 &&
  sidesOf(window.stride).every(stride => stride === 1) &&
  channelsOf(map) === channels &&
  Math.min(channels, filters) >= fewest &&
  Math.max(...paddingOf(map, window)) < size

/** Tiles of 4×4 outputs, of all images of a map. */
const countTiles = ([images = 0, ...map]: Shape, window: Window): number =>
  slidesOf(map, { ...window, size }).reduce(
    (count, { positions }) => count * Math.ceil(positions / 4),
    images,
  )

/** Fixed kernels are four times as large in tiles: it takes some tiles to make up for that. */
export const suitsFixedTiles = (map: Shape, window: Window, kernel: Shape): boolean =>
  suitsTiles(map, window, kernel) && countTiles(map, window) >= 4

export const conv: Emitter<'conv'> = (write, value, [x], [kernel]) => {
  const { op, inputs } = value
  const [map = [], filter = []] = inputs.map(({ shape }) => shape)
  return suitsTiles(map, op.window, filter)
    ? [write.add('EspalierTiledConv', [x, kernel], { padding: ints(paddingOf(map, op.window)) })]
    : windows.conv(write, value, [x], [kernel])
}

/** The convolution of signals by the kernel turned, padded so that the map's size comes out. */
export const convInput: Emitter<'convInput'> = (write, value, [dy], [kernel]) => {
  const { op, shape, inputs } = value
  if (!suitsTiles(shape, op.window, inputs[1]?.shape ?? []))
    return windows.convInput(write, value, [dy], [kernel])
  const padding = ints(paddingOf(shape, op.window).map(side => size - 1 - side))
  return [write.add('EspalierTiledConv', [dy, kernel], { padding, turned: flag(true) })]
}

export const convKernel: Emitter<'convKernel'> = (write, value, [dy], [x]) => {
  const { op, shape, inputs } = value
  const map = inputs[1]?.shape ?? []
  return suitsTiles(map, op.window, shape)
    ? [write.add('EspalierTiledConvKernel', [x, dy], { padding: ints(paddingOf(map, op.window)) })]
    : windows.convKernel(write, value, [dy], [x])
}
