/** The layers at a model's beginning that normalise its images. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decode, finite } from '../../../io/codec.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import { layerDiffers } from '../../tree/reader.js'
import type { Series } from '../../tree/series.js'
import type { StoredWeight, WeightStore } from '../containers/source.js'
import type { KerasNode } from '../topology/layer-json.js'
import { storedWeight } from './weights.js'
import { fixed, option } from './words/options.js'

/** Values a channel, in the topology or still in the file. */
export type Values = readonly number[] | StoredWeight

/** One layer's normalisation: y = x · scale + offset, or y = (x − mean) / √variance. */
export type Step =
  | { readonly _tag: 'rescale'; readonly scale: Values; readonly offset: Values }
  | { readonly _tag: 'standardise'; readonly mean: Values; readonly variance: Values }

/** What stands at the beginning of a model, in order. */
export type Normalisation = readonly Step[]

const isNormaliser = ({ className }: KerasNode): boolean =>
  className === 'Rescaling' || className === 'Normalization'

/** The normalising layers at the beginning of a series, and what follows them. */
export const splitNormaliser = <N extends KerasNode>(
  series: Series<N>,
): { readonly leading: readonly N[]; readonly rest: Series<N> } => {
  const found = series.findIndex(({ node, branches }) => branches.length > 0 || !isNormaliser(node))
  const end = found < 0 ? series.length : found
  return { leading: series.slice(0, end).map(({ node }) => node), rest: series.slice(end) }
}

const oneOrMany = t.union([finite, t.readonlyArray(finite)], 'a number, or one a channel')

const rescaling = t.type({ scale: oneOrMany, offset: option(oneOrMany, 0) })

const standardising = t.type({
  mean: option(oneOrMany, null),
  variance: option(oneOrMany, null),
  invert: fixed(false),
})

const listOf = (value: number | readonly number[]): readonly number[] =>
  typeof value === 'number' ? [value] : value

/** Values of the topology, or else of the file. */
const givenOr = (
  given: number | readonly number[] | null,
  stored: () => E.Either<ImportError, StoredWeight>,
): E.Either<ImportError, Values> => (given === null ? stored() : E.right(listOf(given)))

const stepOf =
  (store: WeightStore, { input }: { readonly input: Shape }) =>
  (node: KerasNode): E.Either<ImportError, Step> => {
    const stored = (weight: string): E.Either<ImportError, StoredWeight> => {
      const name = `${node.name}/${weight}`
      const address = { place: node.place, weight, siblings: ['mean', 'variance'] }
      return storedWeight(store, address)(name, name, [channelsOf(input)])
    }
    const decodeConfig = <A>(codec: t.Type<A, unknown>): E.Either<ImportError, A> =>
      pipe(
        decode(codec)(node.config),
        E.mapLeft(fault => layerDiffers(node, fault)),
      )
    if (node.className === 'Rescaling')
      return pipe(
        decodeConfig(rescaling),
        E.map(({ scale, offset }) => ({ _tag: 'rescale', scale: listOf(scale), offset: listOf(offset) })),
      )
    return pipe(
      decodeConfig(standardising),
      E.bind('from', ({ mean }) => givenOr(mean, () => stored('mean'))),
      E.bind('by', ({ variance }) => givenOr(variance, () => stored('variance'))),
      E.map(({ from, by }) => ({ _tag: 'standardise', mean: from, variance: by })),
    )
  }

/** The steps of normalising layers. Errors  LayerDiffers; WeightMissing, WrongWeight */
export const normalisationOf = (
  store: WeightStore,
  graph: { readonly input: Shape },
  leading: readonly KerasNode[],
): E.Either<ImportError, Normalisation> => E.traverseArray(stepOf(store, graph))(leading)
