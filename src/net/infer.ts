/** Shape inference: the one pure function that says whether a net fits, and what flows where. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from './error.js'
import { childrenOf, type Layer, type Leaf, type Net, type Padding } from './layer.js'
import { type Path, under } from './path.js'
import { channelsOf, type Rank, rankOf, type Shape, sameShape, sizeOf } from './shape.js'

/** A layer in its place: where it is, what it takes and what it gives. */
export interface Placed {
  readonly path: Path
  readonly layer: Layer
  readonly input: Shape
  readonly output: Shape
}

/** Every layer of a net that fits, by path, in the order of computation; a parent follows its children. */
export type Inferred = ReadonlyMap<Path, Placed>

type Fitted = E.Either<NetError, readonly Placed[]>

const whole =
  (least: number) =>
  (at: Path, what: string, got: number): E.Either<NetError, number> =>
    Number.isInteger(got) && got >= least
      ? E.right(got)
      : E.left({ _tag: 'WrongSize', at, what, got, wanted: `a whole number from ${least} up` })

const positive = whole(1)
const notNegative = whole(0)

const ranked =
  (wanted: Rank) =>
  (at: Path, got: Shape): E.Either<NetError, Shape> =>
    rankOf(got) === wanted ? E.right(got) : E.left({ _tag: 'WrongRank', at, wanted, got })

const aMap = ranked('map')
const aVector = ranked('vector')

/** The span a dilated window covers. */
export const spanOf = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1

/** Positions of a window along one side; below 1 where it does not fit. */
export const positions = (side: number, span: number, stride: number, padding: Padding): number =>
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
      positions(height, span, stride, padding),
      positions(width, span, stride, padding),
      channels,
    ]
    return output.every(size => size >= 1)
      ? E.right(output)
      : E.left({ _tag: 'WindowTooLarge', at, window: span, map: input })
  }

const windowSizes = (at: Path, kernel: number, stride: number, dilation: number, padding: Padding) =>
  pipe(
    positive(at, 'kernel', kernel),
    E.flatMap(() => positive(at, 'stride', stride)),
    E.flatMap(() => positive(at, 'dilation', dilation)),
    E.flatMap(() => (typeof padding === 'number' ? notNegative(at, 'padding', padding) : E.right(0))),
  )

const share = (at: Path, what: string, got: number): E.Either<NetError, number> =>
  got >= 0 && got < 1
    ? E.right(got)
    : E.left({ _tag: 'WrongSize', at, what, got, wanted: 'at least 0 and below 1' })

const leafOutput = (leaf: Leaf, at: Path, input: Shape): E.Either<NetError, Shape> => {
  switch (leaf._tag) {
    case 'conv':
    case 'depthwise': {
      const filters = leaf._tag === 'conv' ? leaf.filters : channelsOf(input)
      const window = { span: spanOf(leaf.kernel, leaf.dilation), stride: leaf.stride, padding: leaf.padding }
      return pipe(
        aMap(at, input),
        E.tap(() => positive(at, 'filters', filters)),
        E.tap(() => windowSizes(at, leaf.kernel, leaf.stride, leaf.dilation, leaf.padding)),
        E.flatMap(slide(at, window, filters)),
      )
    }
    case 'maxPool':
    case 'avgPool':
      return pipe(
        aMap(at, input),
        E.tap(() => windowSizes(at, leaf.size, leaf.stride, 1, leaf.padding)),
        E.flatMap(
          slide(at, { span: leaf.size, stride: leaf.stride, padding: leaf.padding }, channelsOf(input)),
        ),
      )
    case 'dense':
      return pipe(
        aVector(at, input),
        E.flatMap(() => positive(at, 'units', leaf.units)),
        E.map(units => [units]),
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
      return pipe(
        share(at, 'rate', leaf.rate),
        E.map(() => input),
      )
    case 'norm':
    case 'activate':
      return E.right(input)
  }
}

const outputOf = (fitted: readonly Placed[], input: Shape): Shape => fitted.at(-1)?.output ?? input

const stackOf = (layers: readonly Layer[], path: Path, input: Shape): Fitted =>
  layers.reduce<Fitted>(
    (before, layer) =>
      pipe(
        before,
        E.flatMap(done =>
          pipe(
            place(layer, under(path, layer.name), outputOf(done, input)),
            E.map(placed => [...done, ...placed]),
          ),
        ),
      ),
    E.right([]),
  )

const branchesOf = (
  layers: readonly Layer[],
  path: Path,
  input: Shape,
): E.Either<NetError, readonly (readonly Placed[])[]> =>
  layers.reduce<E.Either<NetError, readonly (readonly Placed[])[]>>(
    (before, layer) =>
      pipe(
        before,
        E.flatMap(done =>
          pipe(
            place(layer, under(path, layer.name), input),
            E.map(placed => [...done, placed]),
          ),
        ),
      ),
    E.right([]),
  )

const joined = (
  path: Path,
  branches: readonly (readonly Placed[])[],
  input: Shape,
): E.Either<NetError, Shape> => {
  const shapes = branches.map(branch => outputOf(branch, input))
  const [first] = shapes
  if (first === undefined) return E.left({ _tag: 'NoBranches', at: path })
  const wanted = first.slice(0, -1)
  const odd = shapes.findIndex(shape => !sameShape(shape.slice(0, -1), wanted))
  return odd < 0
    ? E.right([...wanted, shapes.reduce((sum, shape) => sum + channelsOf(shape), 0)])
    : E.left({
        _tag: 'BranchesDiffer',
        at: path,
        branch: branches[odd]?.at(-1)?.path ?? path,
        got: shapes[odd] ?? [],
        wanted: first,
      })
}

const summed = (at: Path, [body = [], shortcut = []]: readonly Shape[]): E.Either<NetError, Shape> =>
  sameShape(body, shortcut) ? E.right(body) : E.left({ _tag: 'SumDiffers', at, body, shortcut })

const place = (layer: Layer, path: Path, input: Shape): Fitted => {
  const here = (output: Shape): Placed => ({ path, layer, input, output })
  switch (layer._tag) {
    case 'stack':
      return pipe(
        stackOf(layer.layers, path, input),
        E.map(inside => [...inside, here(outputOf(inside, input))]),
      )
    case 'concat':
      return pipe(
        branchesOf(layer.branches, path, input),
        E.flatMap(branches =>
          pipe(
            joined(path, branches, input),
            E.map(output => [...branches.flat(), here(output)]),
          ),
        ),
      )
    case 'residual':
      return pipe(
        branchesOf([layer.body, layer.shortcut], path, input),
        E.flatMap(sides =>
          pipe(
            summed(
              path,
              sides.map(side => outputOf(side, input)),
            ),
            E.map(output => [...sides.flat(), here(output)]),
          ),
        ),
      )
    default:
      return pipe(
        leafOutput(layer, path, input),
        E.map(output => [here(output)]),
      )
  }
}

const goodName = /^[A-Za-z0-9_-]+$/

/** The first name in the tree that is empty, holds a `/`, or stands twice among siblings. */
const misnamed = (layer: Layer, path: Path): NetError | undefined => {
  const names = childrenOf(layer).map(child => child.name)
  const bad = names.find(name => !goodName.test(name))
  if (bad !== undefined) return { _tag: 'BadName', at: path, name: bad }
  const twice = names.find((name, nth) => names.indexOf(name) !== nth)
  if (twice !== undefined) return { _tag: 'TwoOfOneName', at: path, name: twice }
  for (const child of childrenOf(layer)) {
    const inside = misnamed(child, under(path, child.name))
    if (inside !== undefined) return inside
  }
  return undefined
}

/**
 * Places every layer of a net: what it takes and what it gives, or the first that does not fit, by path.
 *
 * Shapes  without the batch: [height, width, channels] or [units]
 * Errors  every `NetError`
 * Law     inferred shapes are the engine's output shapes
 */
export const infer = (net: Net): E.Either<NetError, Inferred> => {
  const wrong = misnamed(net.body, '')
  const odd = net.input.find(size => !Number.isInteger(size) || size < 1)
  if (wrong !== undefined) return E.left(wrong)
  if (odd !== undefined)
    return E.left({ _tag: 'WrongSize', at: '', what: 'input', got: odd, wanted: 'a whole number from 1 up' })
  return pipe(
    place(net.body, '', net.input),
    E.tap(placed => aVector('', outputOf(placed, net.input))),
    E.map(placed => new Map(placed.map(each => [each.path, each]))),
  )
}
