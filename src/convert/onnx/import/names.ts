/** Names of layers: the modules that exporters write into a node's name, its metadata or the name of its weights. */
import { countEach } from '../../../io/count.js'
import { maxDepth } from '../../../net/limits/limits.js'
import { legalNames, type Names } from '../../tree/names.js'
import type { OnnxLayer } from './draft.js'
import type { NodeProto } from './file/proto.js'

/** `['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d']`: the modules around a node, then the node. */
const scopesKey = 'pkg.torch.onnx.name_scopes'

const moduleInMetadata = ({ metadataProps }: NodeProto): readonly string[] => {
  const scopes = metadataProps.find(({ key }) => key === scopesKey)?.value.match(/'[^']*'/g) ?? []
  return (scopes.at(-2) ?? '').replaceAll("'", '').split('.')
}

/** `layer1.0.conv1.weight` is a weight of layer1.0.conv1. */
const moduleOfWeight = ({ input }: NodeProto): readonly string[] => {
  const weight = input.find(name => /^[A-Za-z_][\w.]*\.weight$/.test(name))
  return weight?.split('.').slice(0, -1) ?? []
}

/** The part of a name behind that of its parent: `0` for `layer1.0` in `layer1`. */
const withoutParent = (part: string, parent: string | undefined): string =>
  parent !== undefined && part.startsWith(`${parent}.`) ? part.slice(parent.length + 1) : part

/** `/layer1/layer1.0/conv1/Conv`: modules, then the operator. */
const moduleInPath = ({ name }: NodeProto): readonly string[] => {
  const parts = name.split('/').filter(part => part !== '')
  return parts.slice(0, -1).map((part, nth) => withoutParent(part, parts[nth - 1]))
}

/** Where exporters fold a batch norm, the metadata name its module instead of the convolution's, whose weight has it. */
const moduleOf = (node: NodeProto, isOwnWeight: boolean): readonly string[] =>
  [isOwnWeight ? moduleOfWeight(node) : [], moduleInMetadata(node), moduleInPath(node), [node.name]]
    .map(parts => parts.filter(part => part !== ''))
    .find(parts => parts.length > 0)
    ?.slice(0, maxDepth + 1) ?? []

const operatorName = ({ opType }: NodeProto): string =>
  `${opType.slice(0, 1).toLowerCase()}${opType.slice(1)}`

const hasWeights = ({ parts }: OnnxLayer): boolean =>
  parts.some(part => part._tag === 'leaf' && Object.keys(part.sources).length > 0)

/** Modules that hold others. */
const parentsOf = (modules: Iterable<string>): ReadonlySet<string> => {
  const parents = new Set<string>()
  for (const path of modules)
    for (
      let at = path.lastIndexOf('/');
      at > 0 && !parents.has(path.slice(0, at));
      at = path.lastIndexOf('/', at - 1)
    )
      parents.add(path.slice(0, at))
  return parents
}

/**
 * The names of each layer: a module's where the layer is all of it, or joins what is in it; else with the operator's
 * name. Where an activation has the module of a product, the product has its name.
 */
export const nameLayers = (layers: readonly OnnxLayer[]): ReadonlyMap<string, Names> => {
  const weights = countEach(layers.map(({ node }) => moduleOfWeight(node).join('.')))
  const modules = new Map(
    layers.map(({ name, node }) => {
      const isOwnWeight = weights.get(moduleOfWeight(node).join('.')) === 1
      return [name, moduleOf(node, isOwnWeight).join('/')] as const
    }),
  )
  const parents = parentsOf(modules.values())
  const products = new Set(layers.filter(hasWeights).map(({ name }) => modules.get(name)))
  const used = countEach(modules.values())
  const isModule = (layer: OnnxLayer, path: string): boolean => {
    if (path === '') return false
    if (layer.join !== null) return true
    return !parents.has(path) && (hasWeights(layer) || (!products.has(path) && used.get(path) === 1))
  }
  return new Map(
    layers.map(layer => {
      const path = modules.get(layer.name) ?? ''
      const names = isModule(layer, path) ? path.split('/') : [...path.split('/'), operatorName(layer.node)]
      return [layer.name, legalNames(names)]
    }),
  )
}
