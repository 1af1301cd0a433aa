/** Synthetic glyphs, drawn stroke by stroke: a data set without files. */
import { normal, randomBelow, type Stream, stream, uniform } from '../../net/random.js'

type Point = readonly [x: number, y: number]
type Stroke = readonly Point[]

interface Sign {
  readonly name: string
  readonly strokes: readonly Stroke[]
}

/** Height and width of an image, in pixels. */
export const side = 28

const arc = (x: number, y: number, radius: number, from: number, to: number): Stroke =>
  Array.from({ length: 13 }, (_, nth) => {
    const angle = ((from + ((to - from) * nth) / 12) * Math.PI) / 180
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const
  })

const line = (...points: readonly Point[]): Stroke => points

/** Strokes in a square from −1 to 1, y downwards. */
const signs: readonly Sign[] = [
  { name: 'ring', strokes: [arc(0, 0, 0.9, 0, 360)] },
  { name: 'delta', strokes: [line([0, -0.9], [0.9, 0.8], [-0.9, 0.8], [0, -0.9])] },
  { name: 'cross', strokes: [line([0, -1], [0, 1]), line([-1, 0], [1, 0])] },
  { name: 'bolt', strokes: [line([-0.8, -0.9], [0.8, -0.9], [-0.8, 0.9], [0.8, 0.9])] },
  {
    name: 'cup',
    strokes: [line([-0.8, -1], [-0.8, 0.1]), arc(0, 0.1, 0.8, 180, 0), line([0.8, 0.1], [0.8, -1])],
  },
  { name: 'fork', strokes: [line([-0.9, -1], [0, 0], [0.9, -1]), line([0, 0], [0, 1])] },
  {
    name: 'ladder',
    strokes: [line([-0.7, -1], [-0.7, 1]), line([0.7, -1], [0.7, 1]), line([-0.7, 0], [0.7, 0])],
  },
  { name: 'hook', strokes: [arc(0, -0.4, 0.6, 180, 400), line([0.46, -0.01], [0, 0.4], [0, 1])] },
  { name: 'arrow', strokes: [line([0, 1], [0, -1]), line([-0.7, -0.2], [0, -1], [0.7, -0.2])] },
  {
    name: 'shell',
    strokes: [arc(0, 0, 0.9, -40, 180), arc(-0.25, 0, 0.65, 180, 360), arc(0, 0, 0.4, 0, 180)],
  },
]

/** The names of the classes, in the order of their labels. */
export const glyphNames: readonly string[] = signs.map(({ name }) => name)

/** A random affine transform from the square to pixels: rotation, shear, scale and shift. */
const drawTransform = (draw: Stream): ((point: Point) => Point) => {
  const turn = uniform(draw, -0.4, 0.4)
  const slant = uniform(draw, -0.25, 0.25)
  const wide = uniform(draw, 5.5, 9.5)
  const high = uniform(draw, 5.5, 9.5)
  const x0 = side / 2 + uniform(draw, -3.5, 3.5)
  const y0 = side / 2 + uniform(draw, -3.5, 3.5)
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  return ([x, y]) => {
    const across = (x + slant * y) * wide
    const down = y * high
    return [x0 + cos * across - sin * down, y0 + sin * across + cos * down]
  }
}

/** Draws a segment with a pen of this radius: each pixel keeps its darkest ink. */
const drawSegment = (
  inkMap: Float32Array,
  [ax, ay]: Point,
  [bx, by]: Point,
  radius: number,
  strength: number,
): void => {
  const reach = radius + 1
  const [dx, dy] = [bx - ax, by - ay]
  const squared = dx * dx + dy * dy || 1
  const right = Math.min(side - 1, Math.floor(Math.max(ax, bx) + reach))
  const bottom = Math.min(side - 1, Math.floor(Math.max(ay, by) + reach))
  for (let y = Math.max(0, Math.ceil(Math.min(ay, by) - reach)); y <= bottom; y++)
    for (let x = Math.max(0, Math.ceil(Math.min(ax, bx) - reach)); x <= right; x++) {
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared))
      const away = Math.hypot(x - ax - along * dx, y - ay - along * dy)
      const depth = strength * Math.min(1, Math.max(0, radius + 0.5 - away))
      const at = y * side + x
      if (depth > (inkMap[at] ?? 0)) inkMap[at] = depth
    }
}

const drawStroke = (inkMap: Float32Array, stroke: Stroke, radius: number, strength: number): void => {
  for (let nth = 1; nth < stroke.length; nth++) {
    const [from, to] = [stroke[nth - 1], stroke[nth]]
    if (from !== undefined && to !== undefined) drawSegment(inkMap, from, to, radius, strength)
  }
}

/** A short random stroke, thinner and fainter than the glyph. */
const distractor = (draw: Stream): Stroke => {
  const from: Point = [uniform(draw, 0, side), uniform(draw, 0, side)]
  const angle = uniform(draw, 0, 2 * Math.PI)
  const length = uniform(draw, 3, 9)
  return [from, [from[0] + length * Math.cos(angle), from[1] + length * Math.sin(angle)]]
}

const drawGlyph = (draw: Stream, sign: Sign, pixels: Uint8Array): void => {
  const inkMap = new Float32Array(side * side)
  const gauss = normal(draw)
  const transform = drawTransform(draw)
  const radius = uniform(draw, 0.4, 1.3)
  const jitter = ([x, y]: Point): Point => transform([x + 0.05 * gauss(), y + 0.05 * gauss()])
  for (const stroke of sign.strokes) drawStroke(inkMap, stroke.map(jitter), radius, 1)
  for (let remaining = randomBelow(draw, 3); remaining > 0; remaining--)
    drawStroke(inkMap, distractor(draw), 0.5, 0.6)
  const background = uniform(draw, 0, 60)
  const contrast = uniform(draw, 100, 195)
  const noise = uniform(draw, 4, 18)
  for (let at = 0; at < pixels.length; at++)
    pixels[at] = Math.min(
      255,
      Math.max(0, background + contrast * (inkMap[at] ?? 0) + noise * 3.4 * (draw() - 0.5)),
    )
}

/**
 * Draws `count` images; their labels cycle through the classes.
 *
 * Law  image n depends on the seed, the part and n alone
 */
export const drawGlyphs = (
  seed: number,
  part: 'train' | 'test',
  count: number,
): { readonly bytes: Uint8Array; readonly labels: Int32Array } => {
  const bytes = new Uint8Array(count * side * side)
  const labels = Int32Array.from({ length: count }, (_, nth) => nth % signs.length)
  labels.forEach((label, nth) => {
    const sign = signs[label]
    if (sign !== undefined)
      drawGlyph(
        stream(seed, `glyphs/${part}/${nth}`),
        sign,
        bytes.subarray(nth * side * side, (nth + 1) * side * side),
      )
  })
  return { bytes, labels }
}
