/** How a new module can pass on what comes in, so that the net computes what it did, and still learn. */
import { type Inferred, windowSpan } from '../../net/infer.js'
import { childPath, type Path } from '../../net/path.js'
import { channelsOf, isSameShape } from '../../net/shape.js'
import type { Activation, Concat, Conv, Depthwise, Layer, Residual } from '../../net/tree.js'
import { withChildren } from '../../net/tree.js'
import { range } from '../../net/wiring.js'
import { type Bounds, unbounded } from '../analysis/bounds.js'

/** A unit that passes: its channel `to[i]` is what comes in as channel `from[i]`. */
export interface PassthroughLayer {
  readonly from: Int32Array
  readonly to: Int32Array
}

export interface Passthrough {
  /** The module; a layer on the way whose activation would change what passes has lost it. */
  readonly module: Layer
  readonly units: ReadonlyMap<Path, PassthroughLayer>
  /** Every layer on the way. */
  readonly way: ReadonlySet<Path>
  /** Units that begin by giving nothing, so that the sums on the way stay what comes in. */
  readonly silent: readonly Path[]
  /** Where in what comes out the channels are. */
  readonly places: Int32Array
}

/** The tap of a window that lies on the value itself; null where the window moves or shrinks the map. */
export const kernelCentre = ({ kernel, dilation, padding, stride }: Conv | Depthwise): number | null => {
  const reach = windowSpan(kernel, dilation) - 1
  const lead = padding === 'same' ? Math.floor(reach / 2) : padding === 'valid' ? 0 : padding
  const keeps = padding === 'same' || 2 * lead === reach
  return stride === 1 && keeps && lead % dilation === 0 ? lead / dilation : null
}

const linear = <L extends Layer & { readonly activation: Activation | null }>(layer: L, bounds: Bounds): L =>
  unbounded(layer.activation, bounds) ? layer : { ...layer, activation: null }

const straight = (
  module: Layer,
  path: Path,
  places: Int32Array,
  units: Passthrough['units'] = new Map(),
): Passthrough => ({
  module,
  units,
  way: new Set([path]),
  silent: [],
  places,
})

/** Activations that leave 0 at 0 and have a slope there: what is silent before them can learn to speak. */
const wakeful = (activation: Activation | null): boolean =>
  activation === null || activation === 'tanh' || activation === 'swish'

/** The units of a layer that have to be silent for it to give 0, and learn; null where there are none such. */
const silenced = (layer: Layer, path: Path): readonly Path[] | null => {
  switch (layer._tag) {
    case 'conv':
    case 'depthwise':
    case 'dense':
      return wakeful(layer.activation) ? [path] : null
    case 'norm':
      return [path]
    case 'stack': {
      const last = layer.layers.findLast(each => !passesSilence(each))
      const rest = last === undefined ? [] : layer.layers.slice(layer.layers.indexOf(last) + 1)
      const wakes = rest.every(each => each._tag !== 'activate' || wakeful(each.activation))
      return last !== undefined && wakes ? silenced(last, childPath(path, last.name)) : null
    }
    case 'concat': {
      const all = layer.branches.map(branch => silenced(branch, childPath(path, branch.name)))
      return all.every(each => each !== null) ? all.flat() : null
    }
    default:
      return null
  }
}

/** Layers that make nothing of nothing. */
const passesSilence = (layer: Layer): boolean =>
  ['activate', 'dropout', 'maxPool', 'avgPool', 'globalAvgPool', 'flatten'].includes(layer._tag)

/**
 * The way through a module for all channels that come in, whose values lie within `bounds`: through 1×1 and wider
 * units that can pass a value on, along one branch of a concat, past the body of a residual.
 *
 * Law  with the units on the way passing and the silent ones silent, the channels at `places` are those that came in
 */
export const findPassthrough =
  (inferred: Inferred, bounds: Bounds) =>
  (module: Layer, at: Path): Passthrough | null => {
    const widthOf = (path: Path): number => channelsOf(inferred.get(path)?.output ?? [])

    const made = (layer: Layer, path: Path, from: Int32Array): Passthrough | null =>
      widthOf(path) < from.length
        ? null
        : straight(layer, path, range(from.length), new Map([[path, { from, to: range(from.length) }]]))

    const through = (layer: Layer, path: Path, places: Int32Array): Passthrough | null => {
      switch (layer._tag) {
        case 'conv':
          return kernelCentre(layer) === null ? null : made(linear(layer, bounds), path, places)
        case 'dense':
          return made(linear(layer, bounds), path, places)
        case 'depthwise':
          return kernelCentre(layer) === null
            ? null
            : straight(linear(layer, bounds), path, places, new Map([[path, { from: places, to: places }]]))
        case 'norm':
          return straight(layer, path, places, new Map([[path, { from: places, to: places }]]))
        case 'activate':
          return unbounded(layer.activation, bounds) ? straight(layer, path, places) : null
        case 'dropout':
          return straight(layer, path, places)
        case 'stack':
          return inSeries(layer.layers, layer, path, places)
        case 'concat':
          return alongOne(layer, path, places)
        case 'residual':
          return past(layer, path, places)
        default:
          return null
      }
    }

    const inSeries = (
      layers: readonly Layer[],
      stack: Layer,
      path: Path,
      places: Int32Array,
    ): Passthrough | null => {
      const begin: Passthrough = straight(stack, path, places)
      const end = layers.reduce<{ readonly passage: Passthrough; readonly done: readonly Layer[] } | null>(
        (before, layer) => {
          if (before === null) return null
          const next = through(layer, childPath(path, layer.name), before.passage.places)
          return next === null
            ? null
            : { passage: both(before.passage, next), done: [...before.done, next.module] }
        },
        { passage: begin, done: [] },
      )
      return end === null ? null : { ...end.passage, module: withChildren(end.done)(stack) }
    }

    const alongOne = (layer: Concat, path: Path, places: Int32Array): Passthrough | null => {
      let offset = 0
      for (const [nth, branch] of layer.branches.entries()) {
        const found = through(branch, childPath(path, branch.name), places)
        if (found !== null)
          return {
            ...both(straight(layer, path, places), found),
            module: withChildren(layer.branches.with(nth, found.module))(layer),
            places: found.places.map(place => place + offset),
          }
        offset += widthOf(childPath(path, branch.name))
      }
      return null
    }

    const past = (layer: Residual, path: Path, places: Int32Array): Passthrough | null => {
      const around = through(layer.shortcut, childPath(path, layer.shortcut.name), places)
      const silent = silenced(layer.body, childPath(path, layer.body.name))
      if (around === null || silent === null) return null
      return {
        ...both(straight(layer, path, places), around),
        module: withChildren([layer.body, around.module])(linear(layer, bounds)),
        silent: [...around.silent, ...silent],
      }
    }

    const { input = [], output = [] } = inferred.get(at) ?? {}
    const stays = isSameShape(input.slice(0, -1), output.slice(0, -1))
    return stays ? through(module, at, range(channelsOf(input))) : null
  }

/** One way behind another. */
const both = (first: Passthrough, second: Passthrough): Passthrough => ({
  module: first.module,
  units: new Map([...first.units, ...second.units]),
  way: new Set([...first.way, ...second.way]),
  silent: [...first.silent, ...second.silent],
  places: second.places,
})
