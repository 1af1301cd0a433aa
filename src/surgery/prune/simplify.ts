/** The tree that is left: narrower layers, no dead branches, no modules that do nothing. Paths stay as they were. */

import { childPath, type Path } from '../../net/path.js'
import {
  type Concat,
  childrenOf,
  type Layer,
  type Net,
  type Residual,
  type Stack,
  withChildren,
} from '../../net/tree.js'
import type { Wiring } from '../../net/wiring.js'
import type { Constrained } from './constraints.js'

const row = (name: string, layers: readonly Layer[]): Stack => ({ _tag: 'stack', name, layers })

/** Whether what comes in goes out. */
const isIdle = (layer: Layer): boolean => layer._tag === 'stack' && layer.layers.every(isIdle)

const isSame = (a: readonly Layer[], b: readonly Layer[]): boolean =>
  a.length === b.length && a.every((layer, i) => layer === b[i])

/** A stack drops what has come to do nothing; a concat of one branch and a residual without a body become a stack. */
const joined = (layer: Layer, before: readonly Layer[], after: readonly Layer[]): Layer => {
  if (isSame(before, after)) return layer
  switch (layer._tag) {
    case 'stack':
      return row(
        layer.name,
        after.filter(each => before.includes(each) || !isIdle(each)),
      )
    case 'concat':
      return after.length === 1 && before.length > 1
        ? row(
            layer.name,
            after.filter(each => !isIdle(each)),
          )
        : { ...layer, branches: after }
    default:
      return withChildren(after)(layer)
  }
}

/** Its shortcut, and the activation of the sum. */
const around = ({ name, activation }: Residual, shortcut: Layer): Stack =>
  row(name, [
    ...(isIdle(shortcut) ? [] : [shortcut]),
    ...(activation === null ? [] : [{ _tag: 'activate' as const, name: activation, activation }]),
  ])

/**
 * Builds the net of the channels kept.
 *
 * Law  layers that lose nothing are the same objects, at the same paths
 */
export const simplify =
  ({ out }: Wiring, { kept, bypassed }: Pick<Constrained, 'kept' | 'bypassed'>) =>
  (net: Net): Net => {
    const known = new Map<Int32Array, number>()
    const width = (path: Path): number => {
      const wires = out.get(path) ?? new Int32Array()
      const count = known.get(wires) ?? wires.reduce((sum, each) => sum + (kept[each] ?? 0), 0)
      known.set(wires, count)
      return count
    }

    const visit = (layer: Layer, path: Path): Layer | null => {
      if (width(path) === 0) return null
      switch (layer._tag) {
        case 'conv':
          return width(path) === layer.filters ? layer : { ...layer, filters: width(path) }
        case 'dense':
          return width(path) === layer.units ? layer : { ...layer, units: width(path) }
        case 'concat':
          return branches(layer, path)
        case 'residual':
          return bypassed.has(path) ? past(layer, path) : inside(layer, path)
        default:
          return inside(layer, path)
      }
    }

    const child = (path: Path) => (layer: Layer) => visit(layer, childPath(path, layer.name))

    const inside = (layer: Layer, path: Path): Layer | null => {
      const before = childrenOf(layer)
      const after = before.map(child(path)).filter(each => each !== null)
      return after.length < before.length ? null : joined(layer, before, after)
    }

    const branches = (layer: Concat, path: Path): Layer | null => {
      const after = layer.branches.map(child(path)).filter(each => each !== null)
      return after.length === 0 ? null : joined(layer, layer.branches, after)
    }

    const past = (layer: Residual, path: Path): Layer | null => {
      const shortcut = child(path)(layer.shortcut)
      return shortcut === null ? null : around(layer, shortcut)
    }

    const body = visit(net.body, '')
    if (body === net.body || body === null) return net
    return { ...net, body: body._tag === 'stack' ? body : row('', [body]) }
  }
