/** How well each channel alone tells classes apart. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import { infer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Net } from '../../net/tree.js'
import { hasNorm } from '../../net/weight-specs.js'
import type { Model } from '../../net/weights.js'
import { freeUnits } from '../../surgery/analysis/norms.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import { pooled } from '../training/train.js'
import { type Calibration, foldBatches, withSession } from './calibration.js'
import { addMoments, classVariance, type Moments, noMoments, separationPower } from './discriminants.js'
import { type Evidence, measureUtilities } from './evidence.js'

/** The classes a net tells apart. */
const classesOf = (net: Net): E.Either<LearnError, number> =>
  pipe(
    infer(net),
    E.map(inferred => channelsOf(inferred.get('')?.output ?? [])),
  )

/** Every layer with a batch norm or a product, pooled. */
const pooledCall =
  (batch: number, paths: readonly Path[]) =>
  (net: Net): E.Either<LearnError, Graph> =>
    pipe(
      lower({ batch, mode: 'inference' })(net),
      E.map(({ at }) => ({
        outputs: Object.fromEntries(
          paths.flatMap(path => {
            const value = at.get(path)
            return value === undefined ? [] : [[path, pooled(value)]]
          }),
        ),
        updates: [],
      })),
    )

/** By unit, what its pooled outputs were, class by class. */
export type Activations = ReadonlyMap<Path, Moments>

/** Class statistics of the pooled outputs of these layers. */
export const momentsAt =
  (sight: Calibration, paths: readonly Path[]) =>
  (model: Model): TE.TaskEither<LearnError, Activations> =>
    pipe(
      TE.Do,
      TE.bind('classes', () => TE.fromEither(classesOf(model.net))),
      TE.bind('graph', () => TE.fromEither(pooledCall(sight.batch, paths)(model.net))),
      TE.flatMap(({ classes, graph }) =>
        withSession(sight, { look: graph }, model, session => {
          const start = new Map(
            paths.map(
              path => [path, noMoments(classes, channelsOf(graph.outputs[path]?.shape ?? []))] as const,
            ),
          )
          return foldBatches<Activations>(sight, start, batch => sums => {
            const seen = session.run('look', { images: batch.images })
            return new Map(
              [...sums].map(([path, moments]) => [
                path,
                addMoments(batch)(seen[path] ?? new Float32Array())(moments),
              ]),
            )
          })
        }),
      ),
    )

const unitPaths = (net: Net): E.Either<LearnError, readonly Path[]> =>
  pipe(
    infer(net),
    E.map(inferred => {
      const free = freeUnits(inferred)
      return [...inferred.values()].flatMap(({ path, layer }) =>
        layer._tag === 'conv' || (layer._tag === 'dense' && (hasNorm(layer) || free.includes(path)))
          ? [path]
          : [],
      )
    }),
  )

/** The pooled outputs of every convolution, and of every dense layer that does not decide. */
export const activations: Evidence<Activations> = sight => model =>
  pipe(
    TE.fromEither(unitPaths(model.net)),
    TE.flatMap(paths => momentsAt(sight, paths)(model)),
  )

/** sb/sw of each unit's pooled output: class separation axis by axis. Source  Tian, Arbel, Clark 2017 */
export const lda: Criterion<Activations> = (_, seen) =>
  E.right(
    Object.fromEntries([...seen].map(([path, moments]) => [path, separationPower(classVariance(moments))])),
  )

/** What channels are worth by `lda`. */
export const ldaUtilities: Evidence<Utilities> = measureUtilities(activations, lda)
