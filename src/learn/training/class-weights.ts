/** Weights of classes in the loss: those of a data set, and as a part of the training graph. */
import * as E from 'fp-ts/lib/Either.js'
import type { Dataset } from '../../data/dataset.js'
import type { DataError } from '../../data/error.js'
import { countsOf } from '../../data/pipeline/split.js'
import type { Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { ClassWeights } from '../options.js'

/** images / (classes · images of the class): every class counts alike, and an image 1 on average. */
const balancedWeights = (labels: Int32Array, classes: number): Float32Array => {
  const counts = countsOf(labels, classes)
  const present = counts.filter(count => count > 0).length
  return Float32Array.from(counts, count => (count === 0 ? 0 : labels.length / (present * count)))
}

/**
 * The weight of each class, 1 where none is given.
 *
 * Errors  BadOption with a name that is no class
 * Law     balanced weights are 1 on average over the training images
 */
export const classWeightsFor =
  (weights: ClassWeights) =>
  ({
    name,
    classes,
    train,
  }: Pick<Dataset, 'name' | 'classes' | 'train'>): E.Either<DataError, Float32Array> => {
    if (weights === 'balanced') return E.right(balancedWeights(train.labels, classes.length))
    const unknown = Object.keys(weights).find(key => !classes.includes(key))
    return unknown === undefined
      ? E.right(Float32Array.from(classes, key => weights[key] ?? 1))
      : E.left({
          _tag: 'BadOption',
          data: name,
          option: 'classWeights',
          got: unknown,
          expected: `names of its classes, such as ${classes.slice(0, 6).join(', ')}`,
        })
  }

/** The name of the graph's input, which each step is fed. */
export const classWeightsInput = 'classWeights'

/** The weight of each image, by its target. Shapes  targets [batch, classes] → [batch] */
export const imageWeights = (targets: Value): Value => {
  const [batch = 0, classes = 0] = targets.shape
  return op.reshape(op.matmul(targets, op.input(classWeightsInput, [classes, 1])), [batch])
}
