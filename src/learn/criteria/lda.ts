/** How well each channel alone separates the classes. */
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import { type CheckedNet, outputShape } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { hasNorm } from '../../net/weight-specs.js'
import type { Model } from '../../net/weights.js'
import { freeUnits } from '../../surgery/analysis/norms.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import { globalMean } from '../training/train.js'
import { type Calibration, foldBatches, withSession } from './calibration.js'
import { addMoments, classVariance, type Moments, noMoments, separationPower } from './discriminants.js'
import { type Evidence, measureUtilities } from './evidence.js'

/** Every layer with a batch norm or a product, pooled. */
const pooledCall =
  (batch: number, paths: readonly Path[]) =>
  (net: CheckedNet): Graph => {
    const { at } = lower({ batch, mode: 'inference' })(net)
    const outputs = paths.flatMap(path => {
      const value = at.get(path)
      return value === undefined ? [] : [[path, globalMean(value)] as const]
    })
    return { outputs: Object.fromEntries(outputs), updates: [] }
  }

/** By unit, the class moments of its pooled outputs. */
export type Activations = ReadonlyMap<Path, Moments>

/** Class statistics of the pooled outputs of these layers. */
export const momentsAt =
  (calibration: Calibration, paths: readonly Path[]) =>
  (model: Model): TE.TaskEither<LearnError, Activations> => {
    const graph = pooledCall(calibration.batch, paths)(model)
    const classes = channelsOf(outputShape(model))
    const start = new Map(
      paths.map(path => [path, noMoments(classes, channelsOf(graph.outputs[path]?.shape ?? []))] as const),
    )
    return withSession(calibration, { forward: graph }, model, session =>
      foldBatches<Activations>(calibration, start, batch => sums => {
        const seen = session.run('forward', { images: batch.images })
        return new Map(
          [...sums].map(([path, moments]) => [
            path,
            addMoments(batch)(seen[path] ?? new Float32Array())(moments),
          ]),
        )
      }),
    )
  }

const unitPaths = (net: CheckedNet): readonly Path[] => {
  const free = freeUnits(net)
  return [...net.layers.values()].flatMap(({ path, layer }) =>
    layer._tag === 'conv' || (layer._tag === 'dense' && (hasNorm(layer) || free.includes(path)))
      ? [path]
      : [],
  )
}

/** The pooled outputs of every convolution, and of every dense layer but the last. */
export const activations: Evidence<Activations> = calibration => model =>
  momentsAt(calibration, unitPaths(model))(model)

/** sb/sw of each unit's pooled output: class separation axis by axis. Source  Tian, Arbel, Clark 2017 */
export const lda: Criterion<Activations> = (_, seen) =>
  E.right(
    Object.fromEntries([...seen].map(([path, moments]) => [path, separationPower(classVariance(moments))])),
  )

/** Utilities by `lda`. */
export const ldaUtilities: Evidence<Utilities> = measureUtilities(activations, lda)
