/** Which convolutions by 3×3 and their gradients are quicker in tiles. */
import type { Window } from '../../../graph/graph.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import { slidesOf } from '../../../net/window.js'
import { isDense, movesByOne, paddingOf } from './own-window.js'

const size = 3

/** Channels and filters from which it pays: a register has sixteen floats. */
const fewest = 8

/** Whether windows of a kernel [height, width, channels, filters] on a map are quicker in tiles. */
export const suitsTiles = (map: Shape, window: Window, kernel: Shape): boolean => {
  const [height, width, channels = 0, filters = 0] = kernel
  return (
    height === size &&
    width === size &&
    isDense(window) &&
    movesByOne(window) &&
    channelsOf(map) === channels &&
    Math.min(channels, filters) >= fewest &&
    Math.max(...paddingOf(map, window, kernel)) < size
  )
}

/** Tiles of 4×4 outputs, of all images of a map. */
const countTiles = ([images = 0, ...map]: Shape, window: Window): number =>
  slidesOf(map, { ...window, size }).reduce(
    (count, { positions }) => count * Math.ceil(positions / 4),
    images,
  )

/** Fixed kernels are four times as large in tiles: it takes some tiles to make up for that. */
export const suitsFixedTiles = (map: Shape, window: Window, kernel: Shape): boolean =>
  suitsTiles(map, window, kernel) && countTiles(map, window) >= 4
