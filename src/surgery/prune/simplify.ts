/** The tree after a cut: narrower layers, no dead branches, no modules that do nothing. Paths stay as they were. */

import { elementAt } from '../../io/element.js'
import { type Activation, activationName } from '../../net/activation.js'
import type { Wiring } from '../../net/channels/wiring.js'
import { childrenOf, withChildren } from '../../net/children.js'
import { childPath, type Path } from '../../net/path.js'
import type { ChannelSlice, Concat, Layer, Net, Residual, Stack } from '../../net/tree.js'
import type { ConstrainedSelection } from './constraints/pass.js'

const none = new Int32Array()

const stackOf = (name: string, layers: readonly Layer[]): Stack => ({ _tag: 'stack', name, layers })

/** Whether a layer is the identity. */
const isIdentity = (layer: Layer): boolean => layer._tag === 'stack' && layer.layers.every(isIdentity)

const isSame = (a: readonly Layer[], b: readonly Layer[]): boolean =>
  a.length === b.length && a.every((layer, i) => layer === b[i])

/** Layers without those that became identities. */
const withoutNewIdentities = (before: readonly Layer[], after: readonly Layer[]): readonly Layer[] => {
  const unchanged = new Set(before)
  return after.filter(each => unchanged.has(each) || !isIdentity(each))
}

/** A layer of its narrower children: a stack drops new identities, and a concat of one branch becomes a stack. */
const rebuild = (layer: Layer, before: readonly Layer[], after: readonly Layer[]): Layer => {
  if (isSame(before, after)) return layer
  switch (layer._tag) {
    case 'stack':
      return stackOf(layer.name, withoutNewIdentities(before, after))
    case 'concat':
      return after.length === 1 && before.length > 1
        ? stackOf(
            layer.name,
            after.filter(each => !isIdentity(each)),
          )
        : { ...layer, branches: after }
    default:
      return withChildren(after)(layer)
  }
}

/** The activation of a sum behind its shortcut, under a name of its own. */
const activationBehind = (shortcut: Layer, activation: Activation): Layer => {
  const kind = activationName(activation)
  return { _tag: 'activate', name: shortcut.name === kind ? `${kind}2` : kind, activation }
}

/** The shortcut of a residual, and the activation of its sum. */
const withoutBody = ({ name, activation }: Residual, shortcut: Layer): Stack =>
  stackOf(name, [
    ...(isIdentity(shortcut) ? [] : [shortcut]),
    ...(activation === null ? [] : [activationBehind(shortcut, activation)]),
  ])

/** What is left of each layer. */
interface Remains {
  /** How many channels a layer's output keeps. */
  readonly widthOf: (path: Path) => number
  /** How many of the first `count` channels of a layer's input are kept. */
  readonly keptBefore: (path: Path, count: number) => number
  /** Residuals whose body is removed. */
  readonly bypassed: ReadonlySet<Path>
}

const countKept = (wires: Int32Array, kept: Uint8Array): number =>
  wires.reduce((sum, wire) => sum + elementAt(kept, wire), 0)

/** Layers that hand on the same array of wires share one count. */
const memoizeWidths = ({ out }: Wiring, kept: Uint8Array): Remains['widthOf'] => {
  const known = new Map<Int32Array, number>()
  return path => {
    const wires = out.get(path) ?? none
    const count = known.get(wires) ?? countKept(wires, kept)
    known.set(wires, count)
    return count
  }
}

/** The layer with the channels it keeps; null where it has none. */
const narrowLayer = (remains: Remains, layer: Layer, path: Path): Layer | null => {
  const width = remains.widthOf(path)
  if (width === 0) return null
  switch (layer._tag) {
    case 'conv':
      return width === layer.filters ? layer : { ...layer, filters: width }
    case 'dense':
      return width === layer.units ? layer : { ...layer, units: width }
    case 'channelSlice':
      return narrowSlice(remains, layer, path)
    case 'concat':
      return narrowBranches(remains, layer, path)
    case 'residual':
      return remains.bypassed.has(path) ? bypass(remains, layer, path) : narrowChildren(remains, layer, path)
    default:
      return narrowChildren(remains, layer, path)
  }
}

const narrowSlice = (remains: Remains, layer: ChannelSlice, path: Path): ChannelSlice => {
  const [from, size] = [remains.keptBefore(path, layer.from), remains.widthOf(path)]
  return from === layer.from && size === layer.size ? layer : { ...layer, from, size }
}

const remainingOf = (remains: Remains, layers: readonly Layer[], path: Path): readonly Layer[] =>
  layers
    .map(layer => narrowLayer(remains, layer, childPath(path, layer.name)))
    .filter(layer => layer !== null)

/** A layer that needs all of its children. */
const narrowChildren = (remains: Remains, layer: Layer, path: Path): Layer | null => {
  const before = childrenOf(layer)
  const after = remainingOf(remains, before, path)
  return after.length < before.length ? null : rebuild(layer, before, after)
}

/** A concat needs only one of its branches. */
const narrowBranches = (remains: Remains, layer: Concat, path: Path): Layer | null => {
  const after = remainingOf(remains, layer.branches, path)
  return after.length === 0 ? null : rebuild(layer, layer.branches, after)
}

const bypass = (remains: Remains, layer: Residual, path: Path): Layer | null => {
  const { shortcut } = layer
  const narrow = narrowLayer(remains, shortcut, childPath(path, shortcut.name))
  return narrow === null ? null : withoutBody(layer, narrow)
}

/**
 * Builds the net of the channels kept.
 *
 * Law  layers that lose nothing are the same objects, at the same paths
 */
export const simplify =
  (wiring: Wiring, { kept, bypassed }: Pick<ConstrainedSelection, 'kept' | 'bypassed'>) =>
  (net: Net): Net => {
    const keptBefore = (path: Path, count: number): number =>
      countKept((wiring.into.get(path) ?? none).subarray(0, count), kept)
    const body = narrowLayer({ widthOf: memoizeWidths(wiring, kept), keptBefore, bypassed }, net.body, '')
    if (body === net.body || body === null) return net
    return { ...net, body: body._tag === 'stack' ? body : stackOf('', [body]) }
  }
