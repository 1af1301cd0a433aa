/** How well each channel alone separates the classes. */
import * as E from 'fp-ts/lib/Either.js'
import type { Batch } from '../../data/pipeline/batches.js'
import type { Graph } from '../../graph/graph.js'
import { type Lowered, lower } from '../../graph/lower.js'
import { type CheckedNet, outputShape } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { hasNorm } from '../../net/weight-specs.js'
import { freeUnits } from '../../surgery/analysis/norms.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import { globalMean } from '../training/train.js'
import { foldBatches, withSession } from './calibration.js'
import { addMoments, classVariance, type Moments, noMoments, separationPower } from './discriminants.js'
import { type Evidence, measureUtilities } from './evidence.js'

/** The name of the output that is a layer's response, pooled. */
const pooledName = (path: Path): string => `pooled:${path}`

/** The responses of these layers, pooled. Shapes  [batch, channels] */
export const pooledOutputs = ({ at }: Lowered, paths: readonly Path[]): Graph['outputs'] =>
  Object.fromEntries(
    paths.flatMap(path => {
      const value = at.get(path)
      return value === undefined ? [] : [[pooledName(path), globalMean(value)] as const]
    }),
  )

/** By unit, the class moments of its pooled outputs. */
export type Activations = ReadonlyMap<Path, Moments>

/** Of no image. */
export const noActivations = (net: CheckedNet, { outputs }: Graph, paths: readonly Path[]): Activations => {
  const classes = channelsOf(outputShape(net))
  return new Map(
    paths.map(path => [path, noMoments(classes, channelsOf(outputs[pooledName(path)]?.shape ?? []))]),
  )
}

/** Adds what a call gave for a batch. */
export const addActivations =
  (batch: Batch, outputs: Readonly<Record<string, Float32Array>>) =>
  (sums: Activations): Activations =>
    new Map(
      [...sums].map(([path, moments]) => [
        path,
        addMoments(batch)(outputs[pooledName(path)] ?? new Float32Array())(moments),
      ]),
    )

/** Every convolution, and every dense layer with a batch norm or channels of its own. */
const unitPaths = (net: CheckedNet): readonly Path[] => {
  const free = freeUnits(net)
  return [...net.layers.values()].flatMap(({ path, layer }) =>
    layer._tag === 'conv' || (layer._tag === 'dense' && (hasNorm(layer) || free.includes(path)))
      ? [path]
      : [],
  )
}

/** Class statistics of the pooled outputs of every convolution, and of every dense layer but the last. */
export const activations: Evidence<Activations> = calibration => model => {
  const paths = unitPaths(model)
  const lowered = lower({ batch: calibration.batch, mode: 'inference' })(model)
  const graph: Graph = { outputs: pooledOutputs(lowered, paths), updates: [] }
  return withSession(calibration, { forward: graph }, model, session =>
    foldBatches(calibration, noActivations(model, graph, paths), batch =>
      addActivations(batch, session.run('forward', { images: batch.images })),
    ),
  )
}

/** sb/sw of each unit's pooled output: class separation axis by axis. Source  Tian, Arbel, Clark 2017 */
export const lda: Criterion<Activations> = (_, seen) =>
  E.right(
    Object.fromEntries([...seen].map(([path, moments]) => [path, separationPower(classVariance(moments))])),
  )

/** Utilities by `lda`. */
export const ldaUtilities: Evidence<Utilities> = measureUtilities(activations, lda)
