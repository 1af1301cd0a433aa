/** Finds and reads the weights of an imported net. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { elementAt } from '../../../io/element.js'
import { findNonFinite } from '../../../io/tensor.js'
import { lastName, parentPath } from '../../../net/path.js'
import { isSameShape, type Shape } from '../../../net/shape.js'
import type { WeightSpec } from '../../../net/weight-specs.js'
import { full, type Tensor, type Weights } from '../../../net/weights.js'
import type { ImportError } from '../../error.js'
import type { LayerGraph } from '../../tree/graph.js'
import type { Subtree } from '../../tree/subtree.js'
import type { StoredWeight, WeightAddress, WeightStore } from '../containers/source.js'
import type { KerasNode } from '../topology/layer-json.js'

/** A weight of the net, and its array in the file or its constant value. */
export type FoundWeight = readonly [WeightSpec, StoredWeight | number]

type Siblings = ReadonlyMap<string, readonly string[]>

/** The weights that each layer stores, by the layer's name. */
const siblingsIn = (origins: Subtree['origins']): Siblings => {
  const siblings = new Map<string, readonly string[]>()
  for (const { sources } of origins.values())
    for (const source of Object.values(sources))
      if (source._tag === 'stored') {
        const layer = parentPath(source.name)
        siblings.set(layer, [...(siblings.get(layer) ?? []), lastName(source.name)])
      }
  return siblings
}

/** Sizes but those of one: a convolution of 1×1 is a dense layer of the same numbers. */
const withoutOnes = (shape: Shape): Shape => shape.filter(size => size !== 1)

/** The weight `LAYER/WEIGHT`. Errors  WeightMissing, WrongWeight */
export const storedWeight =
  (store: WeightStore, address: WeightAddress) =>
  (name: string, key: string, expected: Shape): E.Either<ImportError, StoredWeight> =>
    pipe(
      store.find(address),
      E.flatMap(found => {
        if (found === null)
          return E.left<ImportError>({ _tag: 'WeightMissing', name, expected, found: store.similar(address) })
        return isSameShape(withoutOnes(found.shape), withoutOnes(expected))
          ? E.right(found)
          : E.left<ImportError>({ _tag: 'WrongWeight', key, expected, got: found.shape })
      }),
    )

/** Where each weight of a net is. Errors  WeightMissing, WrongWeight, WeightDiffers */
export const locateWeights = (
  store: WeightStore,
  graph: LayerGraph<KerasNode>,
  origins: Subtree['origins'],
): ((spec: WeightSpec) => E.Either<ImportError, FoundWeight>) => {
  const siblings = siblingsIn(origins)
  return spec => {
    const source = origins.get(spec.at)?.sources[spec.slot]
    if (source?._tag === 'filled') return E.right([spec, source.value])
    const name = source?.name ?? spec.key
    const layer = parentPath(name)
    const address = {
      place: graph.nodes.get(layer)?.place ?? { names: [layer], group: layer },
      weight: lastName(name),
      siblings: siblings.get(layer) ?? [],
    }
    return pipe(
      storedWeight(store, address)(name, spec.key, spec.shape),
      E.map((found): FoundWeight => [spec, found]),
    )
  }
}

/** The values of an array. Errors  NotFiniteWeight */
export const readValues = (key: string, found: StoredWeight): TE.TaskEither<ImportError, Float32Array> =>
  pipe(
    found.read,
    TE.flatMapEither(data => {
      const index = findNonFinite(data)
      return index < 0
        ? E.right(data)
        : E.left<ImportError>({ _tag: 'NotFiniteWeight', key, index, got: elementAt(data, index) })
    }),
  )

const readWeight = ([{ key, shape }, found]: FoundWeight): TE.TaskEither<
  ImportError,
  readonly [string, Tensor]
> =>
  typeof found === 'number'
    ? TE.right([key, full(shape, found)])
    : pipe(
        readValues(key, found),
        TE.map(data => [key, { shape, data }]),
      )

/** Reads the weights one after another. Errors  NotFiniteWeight; those of the file */
export const readWeights = (found: readonly FoundWeight[]): TE.TaskEither<ImportError, Weights> =>
  pipe(
    found,
    TE.traverseSeqArray(readWeight),
    TE.map(weights => Object.fromEntries(weights)),
  )
