/**
 * Wires: channels that live and die together are on one wire, whichever layers they pass. Every position of every
 * value is on one. Nothing here knows weights.
 */
import type { Inferred } from './infer.js'
import { interpret } from './interpret.js'
import type { Path } from './path.js'
import { channelsOf } from './shape.js'
import type { Layer, Leaf } from './tree.js'
import type { WeightName } from './weight-specs.js'

/** What each position of a layer's input and output carries, by the layer's path. */
export interface Wires {
  readonly into: ReadonlyMap<Path, Int32Array>
  readonly out: ReadonlyMap<Path, Int32Array>
}

/** What becomes of channels where they are made and where they are summed; all else passes or joins them. */
export interface WireRules {
  readonly made: (path: Path, count: number, input: Int32Array) => Int32Array
  readonly summed: (path: Path, body: Int32Array, shortcut: Int32Array) => Int32Array
  /** What a layer's output is taken for; by default for what it is. */
  readonly given?: (path: Path, output: Int32Array) => Int32Array
}

export const joinWires = (parts: readonly Int32Array[]): Int32Array => {
  const whole = new Int32Array(parts.reduce((size, part) => size + part.length, 0))
  let from = 0
  for (const part of parts) {
    whole.set(part, from)
    from += part.length
  }
  return whole
}

/** `naturalNumber` numbers from `from` on. */
export const range = (count: number, from = 0): Int32Array => {
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = from + i
  return numbers
}

/**
 * Follows channels from the input to the end under a meaning.
 *
 * Law  every value's length is the last size of its inferred shape
 */
export const traceWires =
  ({ made, summed, given = (_, y) => y }: WireRules) =>
  (inferred: Inferred, input: Int32Array): Wires => {
    const into = new Map<Path, Int32Array>()
    const out = new Map<Path, Int32Array>()
    const leaf = (layer: Leaf, path: Path, x: Int32Array): Int32Array => {
      switch (layer._tag) {
        case 'conv':
          return made(path, layer.filters, x)
        case 'dense':
          return made(path, layer.units, x)
        case 'flatten': {
          const [height = 1, width = 1] = inferred.get(path)?.input ?? []
          return joinWires(Array.from({ length: height * width }, () => x))
        }
        default:
          return x
      }
    }
    const root = inferred.get('')
    if (root === undefined) return { into, out }
    interpret<Int32Array>({
      leaf,
      concat: joinWires,
      residual: (body, shortcut, _, path) => summed(path, body, shortcut),
      place: (output, _, path, x) => {
        const y = given(path, output)
        into.set(path, x)
        out.set(path, y)
        return y
      },
    })(root.layer, '', input)
    return { into, out }
  }

/** The wires of a net. */
export interface Wiring extends Wires {
  readonly count: number
  /** Those of the image that comes in. */
  readonly input: Int32Array
  /** Those of the numbers that go out. */
  readonly output: Int32Array
}

/** Sets that merge. Source  Tarjan 1975, with path halving */
const merging = () => {
  const parent: number[] = []
  const root = (of: number): number => {
    let at = of
    for (let up = parent[at] ?? at; up !== at; up = parent[at] ?? at) {
      parent[at] = parent[up] ?? up
      at = up
    }
    return at
  }
  const fresh = (count: number): Int32Array => {
    const made = range(count, parent.length)
    for (const each of made) parent.push(each)
    return made
  }
  const merge = (a: number, b: number): void => {
    const [low, high] = [Math.min(root(a), root(b)), Math.max(root(a), root(b))]
    parent[high] = low
  }
  return { root, fresh, merge, size: () => parent.length }
}

/** Numbers wires 0, 1, … in the order their first channel is made. */
const numbered = (size: number, root: (of: number) => number): { count: number; number: Int32Array } => {
  const number = new Int32Array(size)
  let count = 0
  for (let at = 0; at < size; at++) number[at] = root(at) === at ? count++ : (number[root(at)] ?? 0)
  return { count, number }
}

/**
 * Which wire every position of every value is on.
 *
 * Law  a sum puts the channels it adds on one wire; a flattened channel stays on its own; the rest is partitioned
 */
export const wireNet = (inferred: Inferred): Wiring => {
  const { root, fresh, merge, size } = merging()
  const start = fresh(channelsOf(inferred.get('')?.input ?? []))
  const raw = traceWires({
    made: (_, count) => fresh(count),
    summed: (_, body, shortcut) => {
      body.forEach((each, i) => {
        merge(each, shortcut[i] ?? each)
      })
      return body
    },
  })(inferred, start)
  const { count, number } = numbered(size(), root)
  const seen = new Map<Int32Array, Int32Array>()
  const final = (value: Int32Array): Int32Array => {
    const done = seen.get(value) ?? value.map(each => number[each] ?? 0)
    seen.set(value, done)
    return done
  }
  const all = (values: ReadonlyMap<Path, Int32Array>) =>
    new Map([...values].map(([path, value]) => [path, final(value)] as const))
  const [into, out] = [all(raw.into), all(raw.out)]
  return { count, input: final(start), output: out.get('') ?? final(start), into, out }
}

const none = new Int32Array()

/** For each axis of a layer's slot, what its positions carry; null for the sides of a window. */
export const wiresOfAxes =
  ({ into, out }: Wires) =>
  (path: Path, layer: Layer, slot: WeightName): readonly (Int32Array | null)[] => {
    const [x, y] = [into.get(path) ?? none, out.get(path) ?? none]
    if (slot !== 'kernel') return [y]
    if (layer._tag === 'dense') return [x, y]
    return layer._tag === 'depthwise' ? [null, null, x, null] : [null, null, x, y]
  }
