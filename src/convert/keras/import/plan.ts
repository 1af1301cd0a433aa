/** Plans an import: the net that a topology describes, and where its weights are. Nothing is read but shapes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DecodeError } from '../../../io/codec.js'
import { type CheckedNet, infer } from '../../../net/infer.js'
import type { Path } from '../../../net/path.js'
import { isSameShape } from '../../../net/shape.js'
import { allWeightSpecs } from '../../../net/weight-specs.js'
import type { ImportError, LayerDropped } from '../../error.js'
import { seriesOf } from '../../tree/series.js'
import { netOf, type Origin } from '../../tree/subtree.js'
import type { KerasSource } from '../containers/source.js'
import { fuseChannelLayers } from '../topology/channel-layers.js'
import { graphOf } from '../topology/graph.js'
import { fuseHardSigmoids } from '../topology/hard-sigmoid.js'
import { rankNodes } from '../topology/ranks.js'
import { splitScaledSums } from '../topology/scaled-sum.js'
import { dropTrainingOnly } from '../topology/training-only.js'
import { assemble } from './assemble.js'
import { type Normalisation, normalisationOf, splitNormaliser } from './normalisation.js'
import { dropSoftmax } from './softmax.js'
import { type FoundWeight, locateWeights } from './weights.js'

/** A net, and for each of its weights its place in the files or its constant value. */
export interface ImportPlan {
  readonly net: CheckedNet
  readonly normalisation: Normalisation
  readonly weights: readonly FoundWeight[]
  readonly dropped: readonly LayerDropped[]
}

/** Checks that batch norms normalise the last axis, however it is numbered. */
const checkAxes =
  ({ layers }: CheckedNet) =>
  ([path, { axes, className }]: readonly [Path, Origin]): E.Either<ImportError, void> => {
    const last = layers.get(path)?.output.length ?? 0
    const axis = axes.find(each => each !== -1 && each !== last)
    return axis === undefined
      ? E.right(undefined)
      : E.left({
          _tag: 'LayerDiffers',
          at: path,
          className,
          fault: { _tag: 'DecodeError', at: 'axis', expected: `-1 or ${last}`, got: `${axis}` },
        })
  }

/** Checks that layers read the shapes that the file says they do. */
const checkInputs =
  ({ layers }: CheckedNet) =>
  ([path, { input, className }]: readonly [Path, Origin]): E.Either<ImportError, void> => {
    const found = layers.get(path)?.input ?? []
    return input === undefined || isSameShape(input, found)
      ? E.right(undefined)
      : E.left({
          _tag: 'LayerDiffers',
          at: path,
          className,
          fault: { _tag: 'DecodeError', at: 'input', expected: input.join(' × '), got: found.join(' × ') },
        })
  }

/** Errors  those of the topology and of `infer`; WeightMissing, WrongWeight, WeightDiffers */
export const planImport = ({
  topology,
  version,
  weights,
}: KerasSource): E.Either<ImportError | DecodeError, ImportPlan> =>
  pipe(
    E.Do,
    E.bindW('whole', () => graphOf(version)(topology)),
    E.let('used', ({ whole }) => dropTrainingOnly(whole)),
    E.bindW('graph', ({ used }) =>
      rankNodes(splitScaledSums(fuseChannelLayers(fuseHardSigmoids(used.graph)))),
    ),
    E.bindW('order', ({ graph }) => seriesOf(graph)),
    E.let('split', ({ order }) => splitNormaliser(order)),
    E.bindW('normalisation', ({ graph, split }) => normalisationOf(weights, graph, split.leading)),
    E.let('series', ({ split }) => dropSoftmax(split.rest)),
    E.bindW('body', ({ series }) => assemble(series.series)),
    E.bindW('net', ({ whole, body }) => infer(netOf(whole.name, whole.input, body))),
    E.tap(({ net, body }) => E.traverseArray(checkAxes(net))([...body.origins])),
    E.tap(({ net, body }) => E.traverseArray(checkInputs(net))([...body.origins])),
    E.bindW('found', ({ graph, net, body }) =>
      E.traverseArray(locateWeights(weights, graph, body.origins))(allWeightSpecs(net)),
    ),
    E.map(({ net, normalisation, found, used, series }) => ({
      net,
      normalisation,
      weights: found,
      dropped: [...used.dropped, ...series.dropped],
    })),
  )
