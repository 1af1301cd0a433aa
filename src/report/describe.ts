/** A net as a table: each layer's output, parameters and multiply–accumulates. */
import { countLayers, macsOf, paramsOf } from '../net/count.js'
import type { Inferred } from '../net/infer.js'
import type { Layer, Net } from '../net/layer.js'
import { layersOf, nameOf, type Path, within } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import { grouped } from './number.js'
import { table } from './table.js'

export const shapeText = (shape: Shape): string => shape.join('×')

/** What a layer is, apart from its name: `conv 3×3, 16`. */
export const kindText = (layer: Layer): string => {
  switch (layer._tag) {
    case 'conv':
      return `conv ${layer.kernel}×${layer.kernel}${layer.stride > 1 ? `/${layer.stride}` : ''}, ${layer.filters}`
    case 'depthwise':
      return `depthwise ${layer.kernel}×${layer.kernel}${layer.stride > 1 ? `/${layer.stride}` : ''}`
    case 'dense':
      return `dense ${layer.units}`
    case 'maxPool':
    case 'avgPool':
      return `${layer._tag} ${layer.size}×${layer.size}/${layer.stride}`
    case 'dropout':
      return `dropout ${layer.rate}`
    case 'activate':
      return layer.activation
    default:
      return layer._tag
  }
}

const indented = (path: Path): string => `${'  '.repeat(path.split('/').length - 1)}${nameOf(path)}`

/** Every layer in the order of the net, those inside another indented, and the totals. */
export const describe = (net: Net, inferred: Inferred): string => {
  const counts = countLayers(inferred)
  const inside = (path: Path, what: 'params' | 'macs') =>
    counts.reduce((sum, each) => sum + (within(path, each.path) ? each[what] : 0), 0)
  const rows = [...layersOf(net)]
    .filter(([path]) => path !== '')
    .map(([path, layer]) => [
      indented(path),
      kindText(layer),
      shapeText(inferred.get(path)?.output ?? []),
      grouped(inside(path, 'params')),
      grouped(inside(path, 'macs')),
    ])
  const total = ['total', '', '', grouped(paramsOf(inferred)), grouped(macsOf(inferred))]
  return `${net.name}: ${shapeText(net.input)}\n\n${table(['layer', 'kind', 'output', 'parameters', 'MACs'], [...rows, total])}`
}
