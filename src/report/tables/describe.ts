/** A net as a table: each layer's output, parameters and multiply–accumulates. */
import { valueAt } from '../../io/element.js'
import { activationName } from '../../net/activation.js'
import { countLayers, countMacs, countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import { layersOf } from '../../net/layers.js'
import { lastName, type Path, parentPath } from '../../net/path.js'
import type { Shape } from '../../net/shape.js'
import type { Conv, Depthwise, Extent, Layer } from '../../net/tree.js'
import { sidesOf } from '../../net/window.js'
import { thousands } from '../text/numbers.js'
import { table } from './table.js'

export const shapeText = (shape: Shape): string => shape.join('×')

/** The sides of a window: `1×7`. */
const sidesText = (extent: Extent): string => sidesOf(extent).join('×')

/** A step of one number where both sides have it. */
const strideText = (stride: Extent): string => {
  const [down, across] = sidesOf(stride)
  return `/${down === across ? down : sidesText(stride)}`
}

const windowText = ({ kernel, stride }: Conv | Depthwise): string =>
  `${sidesText(kernel)}${sidesOf(stride).every(step => step === 1) ? '' : strideText(stride)}`

/** The kind of a layer: `conv 3×3, 16`. */
export const kindText = (layer: Layer): string => {
  switch (layer._tag) {
    case 'conv':
      return `conv ${windowText(layer)}, ${layer.filters}${layer.groups > 1 ? ` in ${layer.groups} groups` : ''}`
    case 'depthwise':
      return `depthwise ${windowText(layer)}`
    case 'dense':
      return `dense ${layer.units}`
    case 'maxPool':
    case 'avgPool':
      return `${layer._tag} ${sidesText(layer.size)}${strideText(layer.stride)}`
    case 'channelShuffle':
      return `channelShuffle ${layer.groups}`
    case 'channelSlice':
      return `channelSlice ${layer.from}:${layer.from + layer.size}`
    case 'dropout':
    case 'dropPath':
      return `${layer._tag} ${layer.rate}`
    case 'own':
      return layer.layer
    case 'activate':
      return activationName(layer.activation)
    default:
      return layer._tag
  }
}

const indented = (path: Path): string => `${'  '.repeat(path.split('/').length - 1)}${lastName(path)}`

interface Totals {
  params: number
  macs: number
}

/** Sums for each layer and all layers inside it. */
const totalsOf = (net: CheckedNet): ReadonlyMap<Path, Totals> => {
  const totals = new Map<Path, Totals>()
  for (const { path, params, macs } of countLayers(net))
    for (let at = path; at !== ''; at = parentPath(at)) {
      const total = totals.get(at) ?? { params: 0, macs: 0 }
      total.params += params
      total.macs += macs
      totals.set(at, total)
    }
  return totals
}

/** Every layer in the order of the net, those inside another indented, and the totals. */
export const describe = (checked: CheckedNet): string => {
  const { net, layers } = checked
  const totals = totalsOf(checked)
  const rows = [...layersOf(net)]
    .filter(([path]) => path !== '')
    .map(([path, layer]) => [
      indented(path),
      kindText(layer),
      shapeText(valueAt(layers, path).output),
      thousands(totals.get(path)?.params ?? 0),
      thousands(totals.get(path)?.macs ?? 0),
    ])
  const total = ['total', '', '', thousands(countParams(checked)), thousands(countMacs(checked))]
  return `${net.name}: ${shapeText(net.input)}\n\n${table(['layer', 'kind', 'output', 'parameters', 'MACs'], [...rows, total])}`
}
