/** The layers directly below a layer: read, and replaced. */
import type { Layer } from './tree.js'

/** The layers directly below, in the order they are computed. */
export const childrenOf = (layer: Layer): readonly Layer[] => {
  switch (layer._tag) {
    case 'stack':
      return layer.layers
    case 'concat':
      return layer.branches
    case 'residual':
      return [layer.body, layer.shortcut]
    case 'gate':
      return [layer.body]
    default:
      return []
  }
}

/** Puts other layers in the children's places; a leaf has none and stays itself. */
export const withChildren =
  (children: readonly Layer[]) =>
  (layer: Layer): Layer => {
    switch (layer._tag) {
      case 'stack':
        return { ...layer, layers: children }
      case 'concat':
        return { ...layer, branches: children }
      case 'residual': {
        const [body = layer.body, shortcut = layer.shortcut] = children
        return { ...layer, body, shortcut }
      }
      case 'gate':
        return { ...layer, body: children[0] ?? layer.body }
      default:
        return layer
    }
  }
