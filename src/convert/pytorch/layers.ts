/** Every layer of a model as a module of PyTorch, along the tree. */
import type { PlacedLayer } from '../../net/infer.js'
import { childPath, type Path } from '../../net/path.js'
import type { Layer, Residual } from '../../net/tree.js'
import type { Model } from '../../net/weights.js'
import { activationModule } from './activations.js'
import { leafModule } from './leaves.js'
import { holding, holdingLayers, identity, type Module } from './module.js'

const isIdentity = (layer: Layer): boolean => layer._tag === 'stack' && layer.layers.length === 0

/** The module of a layer, with all in it. */
export const layerModule = (model: Model, layer: Layer, path: Path): Module => {
  const child = (each: Layer): Module => layerModule(model, each, childPath(path, each.name))
  const named = (each: Layer): readonly [string, Module] => [each.name, child(each)]
  switch (layer._tag) {
    case 'stack':
      return isIdentity(layer) ? identity : holdingLayers('stack', layer.layers.map(named))
    case 'concat':
      return holdingLayers('Concat', layer.branches.map(named))
    case 'residual':
      return residualModule(layer, child)
    case 'gate':
      return holding('Gate', [['body', child(layer.body)]])
    default:
      return leafModule(model, layer, model.layers.get(path) as PlacedLayer) // the net was checked
  }
}

const residualModule = ({ body, shortcut, activation }: Residual, child: (layer: Layer) => Module): Module =>
  holding('Residual', [
    ['body', child(body)],
    ...(isIdentity(shortcut) ? [] : [['shortcut', child(shortcut)] as const]),
    ...(activation === null ? [] : [['activation', activationModule(activation)] as const]),
  ])
