/** Shape inference: the one pure function that says whether a net fits, and what flows where. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { decode, type Station } from '../io/codec.js'
import { bareLayerCodec, bareNetCodec } from './codec.js'
import type { Excess, NetError } from './error.js'
import { deepest, mostChannels, mostLayers, mostValues, mostWeights } from './limits.js'
import { childPath, type Path } from './path.js'
import { channelsOf, isSameShape, type Rank, rankOf, type Shape, sizeOf } from './shape.js'
import { childrenOf, type Layer, type Leaf, type Net, type Padding } from './tree.js'
import { storedIn } from './weight-specs.js'

/** A layer in its place: where it is, what it takes and what it gives. */
export interface PlacedLayer {
  readonly path: Path
  readonly layer: Layer
  readonly input: Shape
  readonly output: Shape
}

/** Every layer of a net that fits, by path, in the order of computation; a parent follows its children. */
export type Inferred = ReadonlyMap<Path, PlacedLayer>

const tooMany = (at: Path, what: Excess, got: number, most: number): E.Either<NetError, never> =>
  E.left({ _tag: 'TooMany', at, what, got, most })

const ranked =
  (wanted: Rank) =>
  (at: Path, got: Shape): E.Either<NetError, Shape> =>
    rankOf(got) === wanted ? E.right(got) : E.left({ _tag: 'WrongRank', at, wanted, got })

const aMap = ranked('map')
const aVector = ranked('vector')

/** The span a dilated window covers. */
export const windowSpan = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1

/** Positions of a window along one side; below 1 where it does not fit. */
export const windowPositions = (side: number, span: number, stride: number, padding: Padding): number =>
  padding === 'same'
    ? Math.ceil(side / stride)
    : Math.floor((side + (padding === 'valid' ? 0 : 2 * padding) - span) / stride) + 1

interface Windowed {
  readonly span: number
  readonly stride: number
  readonly padding: Padding
}

const slide =
  (at: Path, { span, stride, padding }: Windowed, channels: number) =>
  (input: Shape): E.Either<NetError, Shape> => {
    const [height = 0, width = 0] = input
    const output = [
      windowPositions(height, span, stride, padding),
      windowPositions(width, span, stride, padding),
      channels,
    ]
    if (output.some(size => size < 1)) return E.left({ _tag: 'WindowTooLarge', at, window: span, map: input })
    const padded = sizeOf([height + span, width + span, channelsOf(input)])
    return padded > mostValues ? tooMany(at, 'padded values', padded, mostValues) : E.right(output)
  }

const leafOutput = (leaf: Leaf, at: Path, input: Shape): E.Either<NetError, Shape> => {
  switch (leaf._tag) {
    case 'conv':
    case 'depthwise': {
      const filters = leaf._tag === 'conv' ? leaf.filters : channelsOf(input)
      const window = {
        span: windowSpan(leaf.kernel, leaf.dilation),
        stride: leaf.stride,
        padding: leaf.padding,
      }
      return pipe(aMap(at, input), E.flatMap(slide(at, window, filters)))
    }
    case 'maxPool':
    case 'avgPool':
      return pipe(
        aMap(at, input),
        E.flatMap(
          slide(at, { span: leaf.size, stride: leaf.stride, padding: leaf.padding }, channelsOf(input)),
        ),
      )
    case 'dense':
      return pipe(
        aVector(at, input),
        E.map(() => [leaf.units]),
      )
    case 'globalAvgPool':
      return pipe(
        aMap(at, input),
        E.map(map => [channelsOf(map)]),
      )
    case 'flatten':
      return pipe(
        aMap(at, input),
        E.map(map => [sizeOf(map)]),
      )
    case 'dropout':
    case 'norm':
    case 'activate':
      return E.right(input)
  }
}

const joined = (
  at: Path,
  branches: readonly Layer[],
  shapes: readonly Shape[],
): E.Either<NetError, Shape> => {
  const [first] = shapes
  if (first === undefined) return E.left({ _tag: 'NoBranches', at })
  const wanted = first.slice(0, -1)
  const odd = shapes.findIndex(shape => !isSameShape(shape.slice(0, -1), wanted))
  return odd < 0
    ? E.right([...wanted, shapes.reduce((sum, shape) => sum + channelsOf(shape), 0)])
    : E.left({
        _tag: 'BranchesDiffer',
        at,
        branch: childPath(at, branches[odd]?.name ?? ''),
        got: shapes[odd] ?? [],
        wanted: first,
      })
}

const summed = (at: Path, [body = [], shortcut = []]: readonly Shape[]): E.Either<NetError, Shape> =>
  isSameShape(body, shortcut) ? E.right(body) : E.left({ _tag: 'SumDiffers', at, body, shortcut })

/** Callers without types may leave a layer out, or its name. */
const nameOf = (layer: Layer | Net | undefined): string | undefined => layer?.name

const goodName = /^[A-Za-z0-9_-]+$/

/** The first name of a layer's children that is empty, holds a `/`, or stands twice. */
const misnamed = (layer: Layer, at: Path): NetError | null => {
  const names = childrenOf(layer)
    .map(nameOf)
    .filter(name => typeof name === 'string') // others are no layers
  if (new Set(names).size === names.length && names.every(name => goodName.test(name))) return null
  const bad = names.find(name => !goodName.test(name))
  if (bad !== undefined) return { _tag: 'BadName', at, name: bad }
  const twice = names.find((name, nth) => names.indexOf(name) !== nth)
  return twice === undefined ? null : { _tag: 'TwoOfOneName', at, name: twice }
}

/** Why the record of a net or a layer is none, if it is none; `insertLayer` is where it stands. */
const faultOf = <A>(codec: t.Type<A, unknown>, record: A, place: () => Station): NetError | null =>
  codec.is(record)
    ? null
    : pipe(
        decode(codec)(record),
        E.match(
          ({ way = [], ...fault }): NetError | null => {
            const whole = [place(), ...way]
            return { ...fault, at: whole.map(({ key }) => key).join('.'), way: whole }
          },
          () => null,
        ),
      )

const layerStation = (path: Path, layer: Layer | undefined) => (): Station => ({
  key: path,
  kind: 'a layer',
  tag: layer?._tag ?? null,
  name: path,
})

const netStation = (net: Net | undefined) => (): Station => ({
  key: 'net',
  kind: 'a net',
  tag: 'net',
  name: nameOf(net) ?? null,
})

/** What has been placed so far, and how much that is. */
interface Census {
  readonly placed: Map<Path, PlacedLayer>
  channels: number
  weights: number
}

/** What a layer makes of its own: filters, units, or else channels. */
const madeBy = (layer: Layer): Excess =>
  layer._tag === 'conv' ? 'filters' : layer._tag === 'dense' ? 'units' : 'channels'

/** Adds a layer to those placed, unless that makes more than any engine or file could hold. */
const register = (all: Census, placed: PlacedLayer): E.Either<NetError, Shape> => {
  const { path, layer, output } = placed
  const channels = channelsOf(output)
  if (channels > mostChannels) return tooMany(path, madeBy(layer), channels, mostChannels)
  if (sizeOf(output) > mostValues) return tooMany(path, 'values', sizeOf(output), mostValues)
  all.channels += channels
  all.weights += storedIn(placed)
  all.placed.set(path, placed)
  if (all.weights > mostWeights) return tooMany(path, 'weights', all.weights, mostWeights)
  if (all.channels > mostChannels) return tooMany(path, 'channels', all.channels, mostChannels)
  return all.placed.size > mostLayers ? tooMany(path, 'layers', all.placed.size, mostLayers) : E.right(output)
}

const place = (all: Census, layer: Layer, path: Path, input: Shape, level = 0): E.Either<NetError, Shape> => {
  if (level > deepest) return tooMany(path, 'levels', level, deepest)
  const wrong = faultOf(bareLayerCodec, layer, layerStation(path, layer)) ?? misnamed(layer, path)
  if (wrong !== null) return E.left(wrong)
  const output = through(all, layer, path, input, level + 1)
  return E.isLeft(output) ? output : register(all, { path, layer, input, output: output.right })
}

/** What comes out of a layer, once those in it are placed. */
const through = (
  all: Census,
  layer: Layer,
  path: Path,
  input: Shape,
  level: number,
): E.Either<NetError, Shape> => {
  const child = (each: Layer, shape: Shape) =>
    place(all, each, childPath(path, nameOf(each) ?? '?'), shape, level)
  const beside = (layers: readonly Layer[]) => E.traverseArray((each: Layer) => child(each, input))(layers)
  switch (layer._tag) {
    case 'stack': {
      let shape = input
      for (const each of layer.layers) {
        const next = child(each, shape)
        if (E.isLeft(next)) return next
        shape = next.right
      }
      return E.right(shape)
    }
    case 'concat':
      return pipe(
        beside(layer.branches),
        E.flatMap(shapes => joined(path, layer.branches, shapes)),
      )
    case 'residual':
      return pipe(
        beside([layer.body, layer.shortcut]),
        E.flatMap(shapes => summed(path, shapes)),
      )
    default:
      return leafOutput(layer, path, input)
  }
}

/**
 * Places every layer of a net: what it takes and what it gives, or the first that does not fit, by path. What a word
 * or a file has put into a record that does not belong there is refused here too.
 *
 * Shapes  without the batch: [height, width, channels] or [units]
 * Errors  every `NetError`
 * Law     inferred shapes are the engine's output shapes; the time is proportional to the layers
 */
export const infer = (net: Net): E.Either<NetError, Inferred> => {
  const all: Census = { placed: new Map(), channels: 0, weights: 0 }
  const wrong = faultOf(bareNetCodec, net, netStation(net))
  return pipe(
    wrong === null ? place(all, net.body, '', net.input) : E.left(wrong),
    E.tap(output => aVector('', output)),
    E.map(() => all.placed),
  )
}
