/** An augmentation as a picture: an image, and what is made of it. */
import { drawGlyphs } from '../../../src/data/formats/glyphs.js'
import type { Augmentation } from '../../../src/data/pipeline/augment.js'
import { augmentedShape, augmenter } from '../../../src/data/pipeline/distort.js'
import { stream } from '../../../src/net/random.js'
import type { Shape } from '../../../src/net/shape.js'
import { type Element, element } from '../../../src/report/html/element.js'
import { svgFile } from '../../../src/report/html/svg-file.js'
import { line } from './part.js'

const side = 28
const scale = 4
const margin = 14
/** Shades of grey that are told apart; fewer make smaller files. */
const shades = 8

const shadeOf = (byte: number): number => Math.min(shades - 1, Math.floor((byte * shades) / 256))

/** Runs of one shade in each row, as one path a shade. */
const drawPixels = (bytes: Uint8Array, [height = 0, width = 0]: Shape, x: number, y: number): Element => {
  const runs = Array.from({ length: shades }, () => '')
  for (let row = 0; row < height; row++)
    for (let from = 0, to = 0; from < width; from = to) {
      const shade = shadeOf(bytes[row * width + from] ?? 0)
      while (to < width && shadeOf(bytes[row * width + to] ?? 0) === shade) to++
      runs[shade] += `M${from} ${row + 0.5}H${to}`
    }
  return element(
    'g',
    { transform: `translate(${x} ${y}) scale(${scale})`, 'shape-rendering': 'crispEdges' },
    ...runs.flatMap((d, shade) => {
      const grey = Math.round((255 * shade) / (shades - 1))
      return d === ''
        ? []
        : [element('path', { d, stroke: `rgb(${grey} ${grey} ${grey})`, 'stroke-width': 1.05 })]
    }),
  )
}

/** The 8th glyph, and one draw of the augmentation on it. */
export const augmentFile = (augmentation: Augmentation, label: string): string => {
  const stored: Shape = [side, side, 1]
  const image = drawGlyphs(0, 'train', 8).bytes.subarray(7 * side * side, 8 * side * side)
  const shape = augmentedShape(stored, [augmentation])
  const draws = { draw: stream(4, 'picture'), isTurned: () => true }
  const changed = augmenter(stored, [40], [augmentation])(draws, image)
  const [height = 0, width = 0] = shape
  const full = side * scale
  const right = margin + full + 44
  const middle = margin + full / 2
  return svgFile(
    { width: right + full + margin, height: full + 2 * margin, label },
    drawPixels(image, stored, margin, margin),
    line(`M${right - 36} ${middle}h28m-7 -5l7 5l-7 5`),
    drawPixels(changed, shape, right + (full - width * scale) / 2, margin + (full - height * scale) / 2),
  )
}
