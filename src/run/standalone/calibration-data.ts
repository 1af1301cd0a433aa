/** The data that a given model is measured on: images prepared as its own were. */
import * as E from 'fp-ts/lib/Either.js'
import type { Dataset } from '../../data/dataset.js'
import { randomCrop } from '../../data/pipeline/augment.js'
import type { Preprocessing } from '../../data/preprocessing.js'
import { type DataSpec, imageFolder } from '../../data/spec.js'
import { type CheckedNet, outputShape } from '../../net/infer.js'
import { channelsOf, type Shape } from '../../net/shape.js'
import type { ClassesDiffer } from '../error.js'

/** Half of the images calibrate, the other half are what accuracy is of. */
const halves = { validation: 0.5, test: 1 }

/** The centre that is left of a larger image. */
const cropTo = ([height, width]: Shape, { resize }: Preprocessing) =>
  height !== undefined && height === width && Math.min(resize.height, resize.width) > height
    ? [randomCrop(0, { size: height })]
    : null

/** Class folders of images, prepared as the model's; without a record of that, scaled to its input and measured. */
export const calibrationData = ({ net }: CheckedNet, preprocessing: Preprocessing | null): DataSpec => {
  if (preprocessing === null) return imageFolder(net.input, halves)
  const { size, resize, background, mean, deviation } = preprocessing
  const crop = cropTo(size, preprocessing)
  return imageFolder(crop === null ? size : [resize.height, resize.width, channelsOf(size)], {
    ...halves,
    ...(background !== undefined && { background }),
    normalise: { mean, deviation },
    augment: crop ?? [],
  })
}

/** Data normalised as a model's was, unless it says how. Data that is none stays, to be refused. */
export const withNormaliser = (data: DataSpec, preprocessing: Preprocessing | null): DataSpec =>
  preprocessing === null || data?.normalise !== null
    ? data
    : { ...data, normalise: { mean: preprocessing.mean, deviation: preprocessing.deviation } }

/** A model by its file, and the names of its classes, where they are known. */
interface Named {
  readonly file: string
  readonly classes: readonly string[] | null
}

/** Errors  ClassesDiffer where data has other classes than those that a model answers with */
export const checkClassNames =
  ({ classes: data }: Pick<Dataset, 'classes'>, { file, classes }: Named, remedy: ClassesDiffer['remedy']) =>
  (net: CheckedNet): E.Either<ClassesDiffer, void> => {
    const values = channelsOf(outputShape(net))
    const isSame = classes === null || data.every((name, nth) => classes[nth] === name)
    return values === data.length && isSame
      ? E.right(undefined)
      : E.left({ _tag: 'ClassesDiffer', file, values, classes, data, remedy })
  }
