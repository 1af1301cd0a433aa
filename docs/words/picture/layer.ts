/** A layer as a diagram between the tensor it takes and the one it gives. */

import { activationName } from '../../../src/net/activation.js'
import type { CheckedNet } from '../../../src/net/infer.js'
import { childPath, type Path } from '../../../src/net/path.js'
import { channelsOf, rankOf, type Shape } from '../../../src/net/shape.js'
import type { Layer } from '../../../src/net/tree.js'
import { element } from '../../../src/report/html/element.js'
import { kindText, shapeText } from '../../../src/report/tables/describe.js'
import { box, fork, line, type Part, series, words } from './part.js'

/** What a unit does behind its product. */
const behind = (layer: Layer): readonly string[] => {
  if (!('norm' in layer)) return []
  const parts = [
    ...(layer.norm === null ? [] : ['batch norm']),
    ...(layer.bias ? ['bias'] : []),
    ...(layer.activation === null ? [] : [activationName(layer.activation)]),
  ]
  return parts.length === 0 ? [] : [parts.join(', ')]
}

const isPlain = ({ _tag }: Layer): boolean => !['conv', 'depthwise', 'dense', 'own'].includes(_tag)

const leafBox = (layer: Layer): Part =>
  box([kindText(layer), ...behind(layer)], isPlain(layer) ? 'var(--leaf)' : 'var(--wood)')

const partOf = (layer: Layer): Part => {
  switch (layer._tag) {
    case 'stack':
      return series(layer.layers.map(partOf))
    case 'concat':
      return fork(layer.branches.map(partOf), 'c')
    case 'gate':
      return fork([series([]), partOf(layer.body)], '×')
    case 'residual': {
      const sum = fork([partOf(layer.body), partOf(layer.shortcut)], '+')
      return layer.activation === null
        ? sum
        : series([sum, box([activationName(layer.activation)], 'var(--leaf)')])
    }
    default:
      return leafBox(layer)
  }
}

/** The width of a block for so many channels, and of its side for so many pixels. */
const thicknessOf = (channels: number): number => 5 + 5 * Math.log2(channels + 1)
const sideOf = (pixels: number, most: number): number => 12 + (38 * pixels) / most

/** A map as a block in perspective, a vector as a column, with its shape below. */
const tensor = (shape: Shape, most: number): Part => {
  const isMap = rankOf(shape) === 'map'
  const [across, side] = isMap
    ? [thicknessOf(channelsOf(shape)), sideOf(shape[0] ?? 1, most)]
    : [8, Math.min(60, 14 + 6 * Math.log2(channelsOf(shape) + 1))]
  const slant = isMap ? sideOf(shape[1] ?? 1, most) * 0.35 : 0
  const width = Math.max(across + slant, 7 * shapeText(shape).length)
  return {
    width,
    height: side + slant + 44,
    draw: (x, y) => {
      const [left, top] = [x + (width - across - slant) / 2, y - side / 2]
      const face = { stroke: 'var(--validation)', 'stroke-width': 1.2, 'stroke-linejoin': 'round' }
      const faces = [
        `M${left} ${top}h${across}v${side}h${-across}Z`,
        ...(isMap
          ? [
              `M${left} ${top}l${slant} ${-slant}h${across}l${-slant} ${slant}Z`,
              `M${left + across} ${top}l${slant} ${-slant}v${side}l${-slant} ${slant}Z`,
            ]
          : []),
      ]
      return [
        ...faces.map(d => element('path', { d, fill: 'var(--card)', ...face })),
        ...faces.map(d => element('path', { d, fill: 'var(--validation)', opacity: 0.22 })),
        words(x + width / 2, y + side / 2 + 16, shapeText(shape), { style: 'fill: var(--muted)' }),
      ]
    },
  }
}

/** An arrow's head where a tensor follows. */
const arrow: Part = { width: 6, height: 10, draw: (x, y) => [line(`M${x} ${y - 4}l6 4l-6 4`)] }

/** The layer at a path of a checked net. */
export const layerDiagram = (net: CheckedNet, path: Path): Part => {
  const placed = net.layers.get(path)
  if (placed === undefined) throw new Error(`no layer at ${path}`)
  const { input, output } = placed
  const most = Math.max(...[input, output].map(shape => (rankOf(shape) === 'map' ? (shape[0] ?? 1) : 1)))
  return series([tensor(input, most), partOf(placed.layer), arrow, tensor(output, most)])
}

/** A whole net: each layer of its trunk, and the tensors between them. */
export const netDiagram = (checked: CheckedNet): Part => {
  const { net } = checked
  const most = net.input[0] ?? 1
  const stages = net.body.layers.flatMap(layer => {
    const output = checked.layers.get(childPath('', layer.name))?.output ?? []
    return [partOf(layer), tensor(output, most)]
  })
  return series([tensor(net.input, most), ...stages])
}
