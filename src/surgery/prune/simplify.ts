/** The tree after a cut: narrower layers, no dead branches, no modules that do nothing. Paths stay as they were. */

import { elementAt, isSameList, valueAt } from '../../io/element.js'
import { type Activation, activationName } from '../../net/activation.js'
import type { Wiring } from '../../net/channels/wiring.js'
import { type FoldAlgebra, fold } from '../../net/interpret.js'
import type { Path } from '../../net/path.js'
import type { ChannelSlice, Concat, Gate, Layer, Leaf, Net, Residual, Stack } from '../../net/tree.js'
import { memoize } from '../memoize.js'
import type { ConstrainedSelection } from './constraints/pass.js'

const stackOf = (name: string, layers: readonly Layer[]): Stack => ({ _tag: 'stack', name, layers })

/** Whether a layer is the identity. */
const isIdentity = (layer: Layer): boolean => layer._tag === 'stack' && layer.layers.every(isIdentity)

/** Layers without those that became identities. */
const withoutNewIdentities = (before: readonly Layer[], after: readonly Layer[]): readonly Layer[] => {
  const unchanged = new Set(before)
  return after.filter(each => unchanged.has(each) || !isIdentity(each))
}

/** A stack of what is left of its layers, less new identities; null where it lacks one. */
const narrowStack = (after: readonly (Layer | null)[], stack: Stack): Layer | null => {
  const left = after.filter(layer => layer !== null)
  if (left.length < after.length) return null
  return isSameList(stack.layers, left)
    ? stack
    : stackOf(stack.name, withoutNewIdentities(stack.layers, left))
}

/** A concat of the branches left, a stack where that is one; null where none is. */
const narrowConcat = (after: readonly (Layer | null)[], concat: Concat): Layer | null => {
  const left = after.filter(layer => layer !== null)
  if (left.length === 0) return null
  if (isSameList(concat.branches, left)) return concat
  return left.length === 1 && after.length > 1
    ? stackOf(
        concat.name,
        left.filter(each => !isIdentity(each)),
      )
    : { ...concat, branches: left }
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
const widthsIn = ({ out }: Wiring, kept: Uint8Array): Remains['widthOf'] => {
  const count = memoize((wires: Int32Array) => countKept(wires, kept))
  return path => count(valueAt(out, path))
}

const narrowSlice = (remains: Remains, layer: ChannelSlice, path: Path): ChannelSlice => {
  const [from, size] = [remains.keptBefore(path, layer.from), remains.widthOf(path)]
  return from === layer.from && size === layer.size ? layer : { ...layer, from, size }
}

const narrowLeaf = (remains: Remains, layer: Leaf, path: Path): Leaf => {
  const width = remains.widthOf(path)
  switch (layer._tag) {
    case 'conv':
      return width === layer.filters ? layer : { ...layer, filters: width }
    case 'dense':
      return width === layer.units ? layer : { ...layer, units: width }
    case 'channelSlice':
      return narrowSlice(remains, layer, path)
    default:
      return layer
  }
}

const narrowResidual = (body: Layer | null, shortcut: Layer | null, layer: Residual): Layer | null => {
  if (body === null || shortcut === null) return null
  return body === layer.body && shortcut === layer.shortcut ? layer : { ...layer, body, shortcut }
}

const narrowGate = (body: Layer | null, layer: Gate): Layer | null => {
  if (body === null) return null
  return body === layer.body ? layer : { ...layer, body }
}

/** Each layer with the channels it keeps; null where it has none. */
const narrowAlgebra = (remains: Remains): FoldAlgebra<Layer | null> => ({
  leaf: (leaf, path) => narrowLeaf(remains, leaf, path),
  stack: narrowStack,
  concat: narrowConcat,
  residual: (body, shortcut, layer, path) =>
    remains.bypassed.has(path)
      ? shortcut && withoutBody(layer, shortcut)
      : narrowResidual(body, shortcut, layer),
  gate: narrowGate,
  place: (layer, _before, path) => (remains.widthOf(path) === 0 ? null : layer),
})

/**
 * Builds the net of the channels kept.
 *
 * Law  layers that lose nothing are the same objects, at the same paths
 */
export const simplify =
  (wiring: Wiring, { kept, bypassed }: Pick<ConstrainedSelection, 'kept' | 'bypassed'>) =>
  (net: Net): Net => {
    const keptBefore = (path: Path, count: number): number =>
      countKept(valueAt(wiring.into, path).subarray(0, count), kept)
    const body = fold(narrowAlgebra({ widthOf: widthsIn(wiring, kept), keptBefore, bypassed }))(net.body, '')
    if (body === net.body || body === null) return net
    return { ...net, body: body._tag === 'stack' ? body : stackOf('', [body]) }
  }
