/** What deleting a channel would do to the loss, to first order. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph } from '../../graph/graph.js'
import { crossEntropy } from '../../graph/loss.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { infer } from '../../net/infer.js'
import { childPath, type Path, parentPath } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import { bareUnits } from '../../surgery/analysis/norms.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import { slopesAndGates } from '../training/train.js'
import { foldBatches, withSession } from './calibration.js'
import { type Evidence, measureUtilities } from './evidence.js'

/** The loss's slopes in one batch, by the key of the weight, or by `path/gate` for a unit without batch norm. */
export type Gradients = Readonly<Record<string, Float32Array>>

const gateOf = (path: Path): string => childPath(path, 'gate')

/** The loss's slopes by those weights and gates, the statistics fixed. */
const slopesCall =
  (batch: number, of: (key: string) => boolean) =>
  (net: Net): E.Either<LearnError, Graph> =>
    pipe(
      E.Do,
      E.bind('gated', () => pipe(infer(net), E.map(bareUnits))),
      E.bind('lowered', () => lower({ batch, mode: 'inference' })(net)),
      E.map(({ gated, lowered }) => {
        const loss = crossEntropy(lowered.logits, op.input('targets', lowered.logits.shape))
        const wantedGates = gated.filter(path => of(gateOf(path)))
        const { weights, gates } = slopesAndGates(lowered, loss, wantedGates)
        const wanted = weights.filter(({ key }) => of(key))
        return {
          outputs: Object.fromEntries([
            ...wanted.map(({ key, gradient }) => [key, gradient] as const),
            ...[...gates].map(([path, gradient]) => [gateOf(path), gradient] as const),
          ]),
          updates: [],
        }
      }),
    )

/**
 * The slopes of the mean loss of each batch by the weights whose keys are wanted, and by a gate of 1 on the channels of
 * each unit without batch norm, under `path/gate`.
 */
export const gradients =
  (of: (key: string) => boolean): Evidence<readonly Gradients[]> =>
  sight =>
  model =>
    pipe(
      TE.fromEither(slopesCall(sight.batch, of)(model.net)),
      TE.flatMap(slopes =>
        withSession(sight, { slopes }, model, session =>
          foldBatches<readonly Gradients[]>(sight, [], ({ images, targets }) => before => [
            ...before,
            session.run('slopes', { images, targets }),
          ]),
        ),
      ),
    )

/** What stands for a channel's output: its batch norm's scale and shift, or its gate. */
const standing = /\/(?:scale|shift|gate)$/

const gateAtOne = 1

/**
 * √ of the mean over batches of (γ·∂L/∂γ + β·∂L/∂β)², and of (∂L/∂gate)² without batch norm: the first-order effect of
 * deleting a channel.
 *
 * Source  Molchanov et al. 2019
 */
export const taylor: Criterion<readonly Gradients[]> = ({ weights }, batches) => {
  const [first = {}] = batches
  const valueAt = (key: string, channel: number): number =>
    key.endsWith('/gate') ? gateAtOne : (weights[key]?.data[channel] ?? 0)
  const keysAt = (path: Path) =>
    ['scale', 'shift', 'gate'].map(name => childPath(path, name)).filter(key => key in first)
  const effect = (slopes: Gradients, keys: readonly string[], channel: number): number =>
    keys.reduce((sum, key) => sum + valueAt(key, channel) * (slopes[key]?.[channel] ?? 0), 0)
  const paths = Object.keys(first).flatMap(key => (/\/(?:scale|gate)$/.test(key) ? [parentPath(key)] : []))
  return E.right(
    Object.fromEntries(
      paths.map(path => {
        const keys = keysAt(path)
        const utility = (_: number, channel: number): number => {
          const squares = batches.reduce((sum, slopes) => sum + effect(slopes, keys, channel) ** 2, 0)
          return Math.sqrt(squares / batches.length)
        }
        return [path, Float64Array.from(first[keys[0] ?? ''] ?? [], utility)]
      }),
    ),
  )
}

/** What channels are worth by `taylor`. */
export const taylorUtilities: Evidence<Utilities> = measureUtilities(
  gradients(key => standing.test(key)),
  taylor,
)
