/** The check that batch norm has several values a channel: of one value the variance is 0, and the output the shift. */
import * as E from 'fp-ts/lib/Either.js'
import type { CheckedNet } from '../../net/infer.js'
import { sizeOf } from '../../net/shape.js'
import { hasNorm } from '../../net/weight-specs.js'
import type { LearnError } from '../error.js'

/** Errors  OneValue with the first layer whose batch norm would see one value per channel */
export const checkBatchNormValues =
  (batch: number) =>
  ({ layers }: CheckedNet): E.Either<LearnError, void> => {
    const alone = [...layers.values()].find(
      ({ layer, output }) => hasNorm(layer) && batch * sizeOf(output.slice(0, -1)) === 1,
    )
    return alone === undefined ? E.right(undefined) : E.left({ _tag: 'OneValue', at: alone.path, batch })
  }
