/** Options of training that the net, the data, or each other rule out. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from '../data/dataset.js'
import type { CheckedNet } from '../net/infer.js'
import { channelsOf, sizeOf } from '../net/shape.js'
import { hasNorm } from '../net/weight-specs.js'
import type { LearnError } from './error.js'
import type { TrainOptions } from './options.js'

type Checked = E.Either<LearnError, void>

export const fits: Checked = E.right(undefined)

export const wrongOption = (option: string, got: string | number, expected: string): Checked =>
  E.left({ _tag: 'WrongOption', option, got, expected })

/** Mixing takes two images, and a cut takes more than one pixel. */
const checkMix = (
  { mix, batchSize }: Pick<TrainOptions, 'mix' | 'batchSize'>,
  image: Dataset['image'],
): Checked => {
  if (mix === null) return fits
  if (batchSize === 1)
    return wrongOption('batchSize', 1, 'at least 2 with mix, which mixes the images of a batch')
  return 'cutmix' in mix && sizeOf(image) === channelsOf(image)
    ? wrongOption('mix', 'cutmix with images of one pixel', 'images of several pixels, or mixup')
    : fits
}

/** The best epoch is found by validation, after each of which an average that goes along is not yet in place. */
const checkKeeping = ({ restoreBest, patience, average }: TrainOptions, { validation }: Dataset): Checked => {
  if (!restoreBest && patience === null) return fits
  const [option, got]: readonly [string, string] = restoreBest
    ? ['restoreBest', 'true']
    : ['patience', `${patience}`]
  if (validation.size === 0)
    return wrongOption(option, got, 'validation images to go by, as with validation above 0 in the data')
  return average === null || average.lookahead
    ? fits
    : wrongOption(
        `${option}`,
        got,
        'no average but a lookahead, as others are in place after the last step only',
      )
}

/** The largest number of at most `most` batches that fills epochs of so many with whole steps. */
const nearestDivisor = (batches: number, most: number): number => {
  const least = Math.min(most, batches)
  const found = Array.from({ length: least }, (_, nth) => least - nth).find(each => batches % each === 0)
  return found ?? 1
}

/** An epoch is made of whole steps, so that none of its gradients is left over. */
const checkAccumulate = ({ accumulate, batchSize }: TrainOptions, { train }: Dataset): Checked => {
  const batches = Math.floor(train.size / batchSize)
  return batches % accumulate === 0
    ? fits
    : wrongOption(
        'accumulate',
        accumulate,
        `a divisor of the ${batches} batches of an epoch, such as ${nearestDivisor(batches, accumulate)}`,
      )
}

/** Errors  WrongOption */
export const checkOptions =
  (options: TrainOptions) =>
  (dataset: Dataset): Checked =>
    pipe(
      checkMix(options, dataset.image),
      E.flatMap(() => checkKeeping(options, dataset)),
      E.flatMap(() => checkAccumulate(options, dataset)),
    )

/**
 * Batch norm needs several values a channel: of one value the variance is 0, and the output the shift.
 *
 * Errors  OneValue with the first layer whose batch norm would see one value per channel
 */
export const checkBatchNormValues =
  (batch: number) =>
  ({ layers }: CheckedNet): E.Either<LearnError, void> => {
    const alone = [...layers.values()].find(
      ({ layer, output }) => hasNorm(layer) && batch * sizeOf(output.slice(0, -1)) === 1,
    )
    return alone === undefined ? E.right(undefined) : E.left({ _tag: 'OneValue', at: alone.path, batch })
  }
