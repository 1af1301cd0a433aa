/** How a new module can pass its input on, so that the net computes what it did, and still learn. */

import { sumBy } from '../../io/count.js'
import { valueAt } from '../../io/element.js'
import type { Activation } from '../../net/activation.js'
import { range } from '../../net/channels/wiring.js'
import type { CheckedNet } from '../../net/infer.js'
import { type Algebra, interpret } from '../../net/interpret.js'
import { childPath, type Path } from '../../net/path.js'
import { channelsOf, isSameShape } from '../../net/shape.js'
import type { ChannelSlice, Concat, Conv, Depthwise, Layer, Leaf, Residual } from '../../net/tree.js'
import { type Slide, sidesOf, slidesOf } from '../../net/window.js'
import { type Bounds, isIdentityWithin } from '../analysis/bounds.js'
import { silentUnits } from './silent-units.js'

/** A layer that passes channels on: its channel `to[i]` equals channel `from[i]` of its input. */
export interface PassthroughLayer {
  readonly from: Int32Array
  readonly to: Int32Array
}

export interface Passthrough {
  readonly units: ReadonlyMap<Path, PassthroughLayer>
  /** Every layer that passes the input on. */
  readonly way: ReadonlySet<Path>
  /** Those of them that lose their activation, since it would change what passes. */
  readonly linear: readonly Path[]
  /** Units whose output begins as zeros, so that the sums on the way equal the input. */
  readonly silent: readonly Path[]
  /** Where in the output the channels of the input are. */
  readonly places: Int32Array
}

/** The tap of a window that lies on the value itself; null where the window moves or shrinks the map. */
export const kernelCentre = (layer: Conv | Depthwise): number | null => {
  const { kernel, dilation } = layer
  const [down, across] = slidesOf([1, 1], { ...layer, size: kernel }) // of a map of any size
  const [row, column] = [centreAlong(down, dilation), centreAlong(across, dilation)]
  return row === null || column === null ? null : row * sidesOf(kernel)[1] + column
}

const centreAlong = ({ span, stride, before, after }: Slide, dilation: number): number | null =>
  stride === 1 && before + after === span - 1 && before % dilation === 0 ? before / dilation : null

/** What the ways through all layers of a module depend on. */
interface Context {
  readonly inferred: CheckedNet
  /** Bounds of the values that pass. */
  readonly bounds: Bounds
}

/** The way so far; null where a layer has stopped it. */
type Way = Passthrough | null

/** Passes on through a layer; its activation is dropped where it would change what passes. */
const passThrough = (
  { bounds }: Context,
  way: Passthrough,
  path: Path,
  activation: Activation | null,
  places: Int32Array,
): Passthrough => ({
  ...way,
  units: new Map([...way.units, [path, { from: way.places, to: places }]]),
  linear: isIdentityWithin(activation, bounds) ? way.linear : [...way.linear, path],
  places,
})

/** Through the filters of each group that stand where its channels do. */
const passThroughGroups = (context: Context, way: Passthrough, path: Path, conv: Conv): Way => {
  const channels = channelsOf(valueAt(context.inferred.layers, path).input) / conv.groups
  const filters = conv.filters / conv.groups
  const place = (channel: number) => Math.floor(channel / channels) * filters + (channel % channels)
  return filters < channels ? null : passThrough(context, way, path, conv.activation, way.places.map(place))
}

/** Past a slice that has all of them. */
const passSlice = (way: Passthrough, { from, size }: ChannelSlice): Way =>
  way.places.every(place => place >= from && place < from + size)
    ? { ...way, places: way.places.map(place => place - from) }
    : null

const passShuffle = (context: Context, way: Passthrough, path: Path, groups: number): Way => {
  const size = widthOf(context, path) / groups
  return { ...way, places: way.places.map(place => (place % size) * groups + Math.floor(place / size)) }
}

/** Through the first filters of a layer, one for each channel that passes. */
const passThroughFilters = (
  context: Context,
  way: Passthrough,
  path: Path,
  activation: Activation | null,
): Way => {
  const { length } = way.places
  return widthOf(context, path) < length ? null : passThrough(context, way, path, activation, range(length))
}

const passLeaf = (context: Context, leaf: Leaf, path: Path, way: Passthrough): Way => {
  switch (leaf._tag) {
    case 'conv':
      if (kernelCentre(leaf) === null) return null
      return leaf.groups > 1
        ? passThroughGroups(context, way, path, leaf)
        : passThroughFilters(context, way, path, leaf.activation)
    case 'channelSlice':
      return passSlice(way, leaf)
    case 'channelShuffle':
      return passShuffle(context, way, path, leaf.groups)
    case 'dense':
      return passThroughFilters(context, way, path, leaf.activation)
    case 'depthwise':
      return kernelCentre(leaf) === null ? null : passThrough(context, way, path, leaf.activation, way.places)
    case 'norm':
    case 'scale':
      return passThrough(context, way, path, null, way.places)
    case 'activate':
      return isIdentityWithin(leaf.activation, context.bounds) ? way : null
    case 'dropout':
    case 'dropPath':
      return way
    default:
      return null
  }
}

const widthOf = ({ inferred }: Context, path: Path): number =>
  channelsOf(valueAt(inferred.layers, path).output)

/** Along the first branch that has a way; its channels lie behind those of the branches before it. */
const passBranch = (context: Context, ways: readonly Way[], { branches }: Concat, path: Path): Way => {
  const nth = ways.findIndex(way => way !== null)
  const way = ways[nth] ?? null
  if (way === null) return null
  const offset = sumBy(branches.slice(0, nth), ({ name }) => widthOf(context, childPath(path, name)))
  return { ...way, places: way.places.map(place => place + offset) }
}

/** Along the shortcut, where the body can begin by giving zeros. */
const passShortcut = ({ bounds }: Context, way: Way, layer: Residual, path: Path): Way => {
  const silent = silentUnits(layer.body, childPath(path, layer.body.name))
  if (way === null || silent === null) return null
  return {
    ...way,
    linear: isIdentityWithin(layer.activation, bounds) ? way.linear : [...way.linear, path],
    silent: [...way.silent, ...silent],
  }
}

const passthroughAlgebra = (context: Context): Algebra<Way> => ({
  leaf: (leaf, path, way) => (way === null ? null : passLeaf(context, leaf, path, way)),
  concat: (ways, layer, path) => passBranch(context, ways, layer, path),
  residual: (_body, shortcut, layer, path) => passShortcut(context, shortcut, layer, path),
  gate: () => null,
  place: (way, _layer, path) => (way === null ? null : { ...way, way: new Set([...way.way, path]) }),
})

/**
 * The way through a module for all channels of its input, whose values lie within `bounds`: through 1×1 and wider
 * units that can pass a value on, along one branch of a concat, along the shortcut of a residual.
 *
 * Law  with the units on the way passing and the silent ones silent, the channels at `places` are those of the input
 */
export const findPassthrough =
  (inferred: CheckedNet, bounds: Bounds) =>
  (module: Layer, at: Path): Passthrough | null => {
    const { input = [], output = [] } = inferred.layers.get(at) ?? {}
    if (!isSameShape(input.slice(0, -1), output.slice(0, -1))) return null
    const places = range(channelsOf(input))
    const start: Passthrough = { units: new Map(), way: new Set(), linear: [], silent: [], places }
    return interpret(passthroughAlgebra({ inferred, bounds }))(module, at, start)
  }
