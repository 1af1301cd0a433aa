/** A new last layer, for other classes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../error.js'
import { infer } from '../infer.js'
import { editLayers, layersInSeries } from '../layers.js'
import { isInside, type Path, parentPath } from '../path.js'
import type { Conv, Dense, Layer, Net } from '../tree.js'
import { initialWeights, type Model, type Weights } from '../weights.js'
import { sidesOf } from '../window.js'
import type { GivenModel } from './from.js'

const pools: readonly Layer['_tag'][] = ['globalAvgPool', 'globalMaxPool']

/** Layers that may follow a head. */
const followers: readonly Layer['_tag'][] = [...pools, 'activate', 'dropout', 'dropPath', 'flatten']

const isPointwise = (layer: Layer): boolean =>
  layer._tag === 'conv' && layer.groups === 1 && sidesOf(layer.kernel).every(side => side === 1)

/** The path of the last layer with weights, where it is dense, or a 1×1 convolution before a global pool. */
const headOf = ({ body }: Net): Path | null => {
  const layers = layersInSeries(body, '')
  const at = layers.findLastIndex(([, { _tag }]) => !followers.includes(_tag))
  const [path, layer] = layers[at] ?? []
  if (path === undefined || layer === undefined) return null
  const isAveraged = layers.slice(at).some(([, { _tag }]) => pools.includes(_tag))
  return layer._tag === 'dense' || (isAveraged && isPointwise(layer)) ? path : null
}

const widen =
  (classes: number) =>
  (head: Dense | Conv): Layer =>
    Object.freeze(head._tag === 'dense' ? { ...head, units: classes } : { ...head, filters: classes })

/** A net without such a layer is refused by `infer` and by every codec, as a word's unknown option is. */
const netWithHead = (net: Net, classes: number): Net => {
  const head = headOf(net)
  return head === null
    ? Object.freeze({ ...net, withHead: classes })
    : editLayers((layer, path) =>
        path === head && (layer._tag === 'dense' || layer._tag === 'conv') ? widen(classes)(layer) : layer,
      )(net)
}

/** The weights of all layers but the head. */
export const weightsWithoutHead = ({ net, weights }: Pick<Model, 'net' | 'weights'>): Weights => {
  const head = headOf(net)
  return Object.fromEntries(
    Object.entries(weights).filter(([key]) => head === null || !isInside(head, parentPath(key))),
  )
}

const modelWithHead = (model: Model, classes: number, seed: number): E.Either<NetError, Model> =>
  pipe(
    netWithHead(model.net, classes),
    infer,
    E.map(checked => ({
      ...checked,
      weights: { ...initialWeights(checked, seed), ...weightsWithoutHead(model) },
    })),
  )

/** What `withHead` makes of a net, of a model in a file, and of a model. */
export interface WithHead {
  (net: Net): Net
  (given: GivenModel): GivenModel
  (model: Model): E.Either<NetError, Model>
}

/**
 * A net or a model with a new last layer for so many classes, in the place and under the name of the old one: a dense
 * layer, or a 1×1 convolution before a global pool. `seed` draws the new weights of a model; those of a model in a file
 * are drawn from the seed of the run.
 *
 * Shapes  [h, w, c] → [classes]
 * Errors  of a model, those of `infer`; any other net is refused where it is used
 * Law     every other weight stays as it is, bit for bit
 *
 * @example
 * withHead(3)(from('resnet18.onnx'))
 */
export const withHead = (classes: number, seed = 0): WithHead =>
  ((subject: Net | GivenModel | Model) => {
    if ('weights' in subject) return modelWithHead(subject, classes, seed)
    return subject._tag === 'from'
      ? Object.freeze({ ...subject, head: classes })
      : netWithHead(subject, classes)
  }) as WithHead // each subject gives its own kind
