/** A histogram of values in buckets of equal width, as `tf.summary.histogram` makes it. */
import { sum } from '../../io/count.js'
import { elementAt } from '../../io/element.js'
import type { Histogram } from './schema.js'

/** As many as TensorBoard draws. */
const buckets = 30

/** Equal values share one bucket. Shapes  values [n], n ≥ 1. */
export const histogram = (values: readonly number[]): Histogram => {
  const [min, max] = [Math.min(...values), Math.max(...values)]
  const count = max > min ? buckets : 1
  const width = (max - min) / count
  const bucket = new Array<number>(count).fill(0)
  for (const value of values) {
    const nth = width > 0 ? Math.min(count - 1, Math.floor((value - min) / width)) : 0
    bucket[nth] = elementAt(bucket, nth) + 1
  }
  return {
    min,
    max,
    num: values.length,
    sum: sum(values),
    sumSquares: sum(values.map(value => value ** 2)),
    bucketLimit: bucket.map((_, nth) => (nth === count - 1 ? max : Math.min(max, min + (nth + 1) * width))),
    bucket,
  }
}
