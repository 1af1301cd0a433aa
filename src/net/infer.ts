/** Shape inference: whether the layers of a net fit one another, and which shape each takes and gives. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sumBy } from '../io/count.js'
import { elementAt, valueAt } from '../io/element.js'
import type { Excess, NetError } from './error.js'
import { type Algebra, interpret } from './interpret.js'
import { checkTree } from './limits/check-tree.js'
import { mostChannels, mostValues, mostWeights } from './limits/limits.js'
import { type CheckedNet, childPath, type Path, type PlacedLayer } from './path.js'
import { channelsOf, isSameShape, type Rank, rankOf, type Shape, sizeOf } from './shape.js'
import type { ChannelSlice, Concat, Conv, Layer, Leaf, Net, Pool } from './tree.js'
import { storedIn } from './weight-specs.js'
import { type Slide, type Sliding, slidesOf } from './window.js'
import { checkOwnLayers, ownOutput } from './words/own-layer.js'

export type { CheckedNet, PlacedLayer } from './path.js'

/** The shape that a net gives. */
export const outputShape = ({ layers }: CheckedNet): Shape => valueAt(layers, '').output

const tooMany = (at: Path, what: Excess, got: number, most: number): E.Either<NetError, never> =>
  E.left({ _tag: 'TooMany', at, what, got, most })

const checkRank =
  (expected: Rank) =>
  (at: Path, got: Shape): E.Either<NetError, Shape> =>
    rankOf(got) === expected ? E.right(got) : E.left({ _tag: 'WrongRank', at, expected, got })

const checkMap = checkRank('map')
const checkVector = checkRank('vector')

/** Zeros on one side of a map, and the span of the window, which each engine holds a frame for. */
const framed = ({ side, span, before, after }: Slide): number => side + Math.max(span, before + after)

const slide =
  (at: Path, window: Sliding, channels: number) =>
  (input: Shape): E.Either<NetError, Shape> => {
    const slides = slidesOf(input, window)
    const wide = slides.find(({ positions }) => positions < 1)
    if (wide !== undefined) return E.left({ _tag: 'WindowTooLarge', at, window: wide.span, map: input })
    const padded = sizeOf([...slides.map(framed), channelsOf(input)])
    return padded > mostValues
      ? tooMany(at, 'padded values', padded, mostValues)
      : E.right([...slides.map(({ positions }) => positions), channels])
  }

const slideOver = (
  at: Path,
  input: Shape,
  window: Sliding,
  channels = channelsOf(input),
): E.Either<NetError, Shape> => pipe(checkMap(at, input), E.flatMap(slide(at, window, channels)))

/** A pool whose padding is as wide as its window would have windows without a value. */
const pool = (at: Path, input: Shape, layer: Pool): E.Either<NetError, Shape> => {
  const window = { ...layer, dilation: 1 }
  const bare = slidesOf(input, window).find(({ size, before, after }) => Math.max(before, after) >= size)
  return bare === undefined
    ? slideOver(at, input, window)
    : E.left({ _tag: 'PaddingTooWide', at, padding: Math.max(bare.before, bare.after), window: bare.size })
}

const unitsOnVector = (at: Path, input: Shape, units: number): E.Either<NetError, Shape> =>
  pipe(
    checkVector(at, input),
    E.map(() => [units]),
  )

const mapToVector = (at: Path, input: Shape, sizeFrom: (map: Shape) => number): E.Either<NetError, Shape> =>
  pipe(
    checkMap(at, input),
    E.map(map => [sizeFrom(map)]),
  )

const checkGroups = (
  at: Path,
  what: 'channels' | 'filters',
  got: number,
  groups: number,
): E.Either<NetError, void> =>
  got % groups === 0 ? E.right(undefined) : E.left({ _tag: 'UnequalGroups', at, what, got, groups })

const convOutput = (conv: Conv, at: Path, input: Shape): E.Either<NetError, Shape> =>
  pipe(
    slideOver(at, input, { ...conv, size: conv.kernel }, conv.filters),
    E.tap(() => checkGroups(at, 'channels', channelsOf(input), conv.groups)),
    E.tap(() => checkGroups(at, 'filters', conv.filters, conv.groups)),
  )

const shuffleOutput = (at: Path, groups: number, input: Shape): E.Either<NetError, Shape> =>
  pipe(
    checkGroups(at, 'channels', channelsOf(input), groups),
    E.map(() => input),
  )

const sliceOutput = ({ from, size }: ChannelSlice, at: Path, input: Shape): E.Either<NetError, Shape> => {
  const [end, channels] = [from + size, channelsOf(input)]
  return end <= channels
    ? E.right([...input.slice(0, -1), size])
    : E.left({ _tag: 'SliceOutside', at, end, channels })
}

const leafOutput = (leaf: Leaf, at: Path, input: Shape): E.Either<NetError, Shape> => {
  switch (leaf._tag) {
    case 'conv':
      return convOutput(leaf, at, input)
    case 'depthwise':
      return slideOver(at, input, { ...leaf, size: leaf.kernel })
    case 'maxPool':
    case 'avgPool':
      return pool(at, input, leaf)
    case 'dense':
      return unitsOnVector(at, input, leaf.units)
    case 'globalAvgPool':
    case 'globalMaxPool':
      return mapToVector(at, input, channelsOf)
    case 'flatten':
      return mapToVector(at, input, sizeOf)
    case 'channelShuffle':
      return shuffleOutput(at, leaf.groups, input)
    case 'channelSlice':
      return sliceOutput(leaf, at, input)
    case 'own':
      return ownOutput(leaf, input)
    case 'dropout':
    case 'dropPath':
    case 'norm':
    case 'layerNorm':
    case 'scale':
    case 'activate':
      return E.right(input)
  }
}

const concatOutput =
  ({ branches }: Concat, at: Path) =>
  (shapes: readonly Shape[]): E.Either<NetError, Shape> => {
    const [first] = shapes
    if (first === undefined) return E.left({ _tag: 'NoBranches', at })
    const sides = first.slice(0, -1)
    const odd = shapes.findIndex(shape => !isSameShape(shape.slice(0, -1), sides))
    if (odd < 0) return E.right([...sides, sumBy(shapes, channelsOf)])
    const branch = childPath(at, elementAt(branches, odd).name)
    return E.left({ _tag: 'BranchesDiffer', at, branch, got: elementAt(shapes, odd), expected: first })
  }

const sumOutput = (at: Path, body: Shape, shortcut: Shape): E.Either<NetError, Shape> =>
  isSameShape(body, shortcut) ? E.right(body) : E.left({ _tag: 'SumDiffers', at, body, shortcut })

const gateOutput = (at: Path, body: Shape, input: Shape): E.Either<NetError, Shape> =>
  isSameShape(body, input) || isSameShape(body, input.slice(-1))
    ? E.right(input)
    : E.left({ _tag: 'GateDiffers', at, body, input })

/** The layers placed so far, and what they add up to. */
interface Totals {
  readonly placed: Map<Path, PlacedLayer>
  channels: number
  weights: number
}

/** What the channels of a layer are called. */
const channelNoun = (layer: Layer): Excess =>
  layer._tag === 'conv' ? 'filters' : layer._tag === 'dense' ? 'units' : 'channels'

/** Adds a layer to those placed, unless that makes more than any engine or file could hold. */
const register =
  (totals: Totals, layer: Layer, path: Path, input: Shape) =>
  (output: Shape): E.Either<NetError, Shape> => {
    const placed = { path, layer, input, output }
    const channels = channelsOf(output)
    if (channels > mostChannels) return tooMany(path, channelNoun(layer), channels, mostChannels)
    if (sizeOf(output) > mostValues) return tooMany(path, 'values', sizeOf(output), mostValues)
    totals.channels += channels
    totals.weights += storedIn(placed)
    totals.placed.set(path, placed)
    if (totals.weights > mostWeights) return tooMany(path, 'weights', totals.weights, mostWeights)
    if (totals.channels > mostChannels) return tooMany(path, 'channels', totals.channels, mostChannels)
    return E.right(output)
  }

/** What each kind of layer makes of a shape; after the first error, every value is that error. */
const shapeAlgebra = (totals: Totals): Algebra<E.Either<NetError, Shape>> => ({
  leaf: (leaf, path, input) => (E.isLeft(input) ? input : leafOutput(leaf, path, input.right)),
  concat: (branches, layer, path, input) =>
    E.isLeft(input) ? input : pipe(E.sequenceArray(branches), E.flatMap(concatOutput(layer, path))),
  residual: (body, shortcut, _, path) =>
    E.isLeft(body) ? body : E.isLeft(shortcut) ? shortcut : sumOutput(path, body.right, shortcut.right),
  gate: (body, _, path, input) =>
    E.isLeft(body) ? body : E.isLeft(input) ? input : gateOutput(path, body.right, input.right),
  place: (output, layer, path, input) =>
    E.isLeft(output) || E.isLeft(input) ? output : register(totals, layer, path, input.right)(output.right),
})

/**
 * The net with the input and output shape of each layer, by path; or the error of the first layer that does not fit. An
 * unknown option in a layer's record is refused before shapes are inferred.
 *
 * Shapes  without the batch: [height, width, channels] or [units]
 * Errors  every `NetError`
 * Law     inferred shapes are the engine's output shapes; the time is proportional to the layers
 */
export const infer = (net: Net): E.Either<NetError, CheckedNet> => {
  const totals: Totals = { placed: new Map(), channels: 0, weights: 0 }
  return pipe(
    checkTree(net),
    E.flatMap(({ body, input }) => interpret(shapeAlgebra(totals))(body, '', E.right(input))),
    E.tap(output => checkVector('', output)),
    E.map(() => ({ net, layers: totals.placed })),
    E.tap(checkOwnLayers),
  )
}
