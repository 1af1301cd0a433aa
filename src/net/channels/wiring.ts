/**
 * Wires: channels that are removed together are on one wire, whichever layers they pass. Every channel of every value
 * is on one. Weights are not known here.
 */
import { sumBy } from '../../io/count.js'
import { elementAt, valueAt } from '../../io/element.js'
import type { CheckedNet } from '../infer.js'
import { interpret } from '../interpret.js'
import type { Path } from '../path.js'
import { channelsOf } from '../shape.js'
import type { Conv, Layer, Leaf } from '../tree.js'
import type { WeightName } from '../weight-specs.js'

/** The wires of each layer's input and output, by the layer's path. */
export interface Wires {
  readonly into: ReadonlyMap<Path, Int32Array>
  readonly out: ReadonlyMap<Path, Int32Array>
}

/** Which wires new and summed channels are on; all other layers pass or concatenate them. */
export interface WireRules {
  readonly made: (path: Path, count: number, input: Int32Array) => Int32Array
  readonly summed: (path: Path, body: Int32Array, shortcut: Int32Array) => Int32Array
  /** Channels in groups of equal sizes: those of one place are removed together, so that the sizes stay equal. */
  readonly grouped?: (channels: Int32Array, groups: number) => void
  /** Replaces a layer's output; by default it stays. */
  readonly given?: (path: Path, output: Int32Array) => Int32Array
}

const none = new Int32Array()

export const joinWires = (parts: readonly Int32Array[]): Int32Array => {
  const whole = new Int32Array(sumBy(parts, ({ length }) => length))
  let from = 0
  for (const part of parts) {
    whole.set(part, from)
    from += part.length
  }
  return whole
}

/** `count` numbers from `from` on. */
export const range = (count: number, from = 0): Int32Array => {
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = from + i
  return numbers
}

/** Of `groups` groups, the first of each, then the second of each, … */
const shuffleWires = (wires: Int32Array, groups: number): Int32Array => {
  const size = wires.length / groups
  return wires.map((_, place) => elementAt(wires, (place % groups) * size + Math.floor(place / groups)))
}

/** The wires of a layer's output. */
const wiresOfLeaf =
  ({ made, grouped = () => {} }: WireRules, layers: CheckedNet['layers']) =>
  (layer: Leaf, path: Path, x: Int32Array): Int32Array => {
    switch (layer._tag) {
      case 'conv': {
        const y = made(path, layer.filters, x)
        for (const channels of [x, y]) grouped(channels, layer.groups)
        return y
      }
      case 'dense':
        return made(path, layer.units, x)
      case 'own': {
        const channels = channelsOf(valueAt(layers, path).output)
        return channels === x.length ? x : made(path, channels, x)
      }
      case 'channelShuffle':
        grouped(x, layer.groups)
        return shuffleWires(x, layer.groups)
      case 'channelSlice':
        return x.slice(layer.from, layer.from + layer.size)
      case 'flatten': {
        const [height = 1, width = 1] = valueAt(layers, path).input
        return joinWires(Array.from({ length: height * width }, () => x))
      }
      default:
        return x
    }
  }

/**
 * Follows channels from the input to the output.
 *
 * Law  every value's length is the last size of its inferred shape
 */
export const traceWires =
  (rules: WireRules) =>
  ({ net, layers }: CheckedNet, input: Int32Array): Wires => {
    const { summed, given = (_, y) => y } = rules
    const into = new Map<Path, Int32Array>()
    const out = new Map<Path, Int32Array>()
    interpret<Int32Array>({
      leaf: wiresOfLeaf(rules, layers),
      concat: joinWires,
      residual: (body, shortcut, _, path) => summed(path, body, shortcut),
      gate: (body, _, path, x) => summed(path, body, x),
      place: (output, _, path, x) => {
        const y = given(path, output)
        into.set(path, x)
        out.set(path, y)
        return y
      },
    })(net.body, '', input)
    return { into, out }
  }

/** The wires of a net. */
export interface Wiring extends Wires {
  readonly count: number
  /** Those of the input. */
  readonly input: Int32Array
  /** Those of the output. */
  readonly output: Int32Array
  /** Those that layer norms read: each position's channels are normalised together, so none can be missed. */
  readonly normed: Int32Array
  /** Those that layers of a user's own mix, and those they make of them. */
  readonly mixed: Int32Array
}

/** What may keep a wire from being removed, the strongest last. */
export const fixes = [null, 'layerNorm', 'own', 'input', 'output'] as const

/** By wire, what keeps it, as an index of `fixes`; 0 where it is free. */
export const fixedWires = ({ count, input, output, normed, mixed }: Wiring): Uint8Array => {
  const fixed = new Uint8Array(count)
  for (const [nth, wires] of [normed, mixed, input, output].entries())
    for (const each of wires) fixed[each] = nth + 1
  return fixed
}

/** Every wire into a layer norm. */
const normedWires = ({ layers }: CheckedNet, into: ReadonlyMap<Path, Int32Array>): Int32Array =>
  joinWires(
    [...layers.values()].flatMap(({ path, layer }) =>
      layer._tag === 'layerNorm' ? [valueAt(into, path)] : [],
    ),
  )

/** Every wire into or out of a layer of a user's own that mixes channels. */
const mixedWires = ({ layers }: CheckedNet, { into, out }: Wires): Int32Array =>
  joinWires(
    [...layers.values()].flatMap(({ path, layer }) =>
      layer._tag === 'own' && layer.channels === 'mixed' ? [valueAt(into, path), valueAt(out, path)] : [],
    ),
  )

/** Disjoint sets. Source  Tarjan 1975, with path halving */
const createUnionFind = () => {
  const parent: number[] = []
  const root = (of: number): number => {
    let at = of
    for (let up = parent[at] ?? at; up !== at; up = parent[at] ?? at) {
      parent[at] = parent[up] ?? up
      at = up
    }
    return at
  }
  const create = (count: number): Int32Array => {
    const members = range(count, parent.length)
    for (const each of members) parent.push(each)
    return members
  }
  const merge = (a: number, b: number): void => {
    const [low, high] = [Math.min(root(a), root(b)), Math.max(root(a), root(b))]
    parent[high] = low
  }
  return { root, create, merge, size: () => parent.length }
}

/** Numbers wires 0, 1, … in the order of their first channels. */
const numberWires = (size: number, root: (of: number) => number): { count: number; number: Int32Array } => {
  const number = new Int32Array(size)
  let count = 0
  for (let at = 0; at < size; at++) number[at] = root(at) === at ? count++ : elementAt(number, root(at))
  return { count, number }
}

/**
 * The wire of every channel of every value.
 *
 * Law  a sum puts the channels it adds on one wire, a gate those it multiplies, and groups those at one place in each;
 *      a flattened channel stays on its wire; all others have their own
 */
export const wireNet = (checked: CheckedNet): Wiring => {
  const { root, create, merge, size } = createUnionFind()
  const start = create(channelsOf(checked.net.input))
  const raw = traceWires({
    made: (_, count) => create(count),
    summed: (_, body, shortcut) => {
      body.forEach((each, i) => {
        merge(each, elementAt(shortcut, i))
      })
      return body
    },
    grouped: (channels, groups) => {
      const size = channels.length / groups
      channels.forEach((each, i) => {
        merge(each, channels[i % size] ?? each)
      })
    },
  })(checked, start)
  const { count, number } = numberWires(size(), root)
  const seen = new Map<Int32Array, Int32Array>()
  const final = (value: Int32Array): Int32Array => {
    const wires = seen.get(value) ?? value.map(each => elementAt(number, each))
    seen.set(value, wires)
    return wires
  }
  const all = (values: ReadonlyMap<Path, Int32Array>) =>
    new Map([...values].map(([path, value]) => [path, final(value)] as const))
  const [into, out] = [all(raw.into), all(raw.out)]
  const normed = normedWires(checked, into)
  const mixed = mixedWires(checked, { into, out })
  return { count, input: final(start), output: out.get('') ?? final(start), normed, mixed, into, out }
}

/** What the first group of filters reads; each other group reads as many, on the same wires. */
const readByGroup = (x: Int32Array, { groups }: Conv): Int32Array =>
  groups === 1 ? x : x.slice(0, x.length / groups)

/** For each axis of a layer's weight, the wires along it; null for the sides of a window. */
export const wiresOfAxes =
  ({ into, out }: Wires) =>
  (path: Path, layer: Layer, slot: WeightName): readonly (Int32Array | null)[] => {
    const [x, y] = [into.get(path) ?? none, out.get(path) ?? none]
    if (slot !== 'kernel') return [layer._tag === 'own' ? x : y]
    if (layer._tag === 'own') return (layer.kernel ?? []).map(() => null)
    if (layer._tag === 'dense') return [x, y]
    if (layer._tag === 'depthwise') return [null, null, x, null]
    return [null, null, layer._tag === 'conv' ? readByGroup(x, layer) : x, y]
  }
