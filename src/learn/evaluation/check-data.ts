/** The check that a net takes the images of some data, and gives a value for each of its classes. */
import * as E from 'fp-ts/lib/Either.js'
import { type CheckedNet, outputShape } from '../../net/infer.js'
import { channelsOf, isSameShape, type Shape } from '../../net/shape.js'
import type { LearnError } from '../error.js'

/** Images or classes that are not the net's. */
export type DataDiffers = Extract<LearnError, { readonly _tag: 'DataDiffers' }>

/** What is compared: the shape of an image, and the names of the classes. */
interface Data {
  readonly image: Shape
  readonly classes: readonly string[]
}

/** Errors  DataDiffers */
export const checkData =
  ({ image, classes }: Data) =>
  (checked: CheckedNet): E.Either<DataDiffers, void> => {
    const [{ net }, output] = [checked, outputShape(checked)]
    if (!isSameShape(net.input, image))
      return E.left({ _tag: 'DataDiffers', what: 'image', net: net.input, data: image })
    return channelsOf(output) === classes.length
      ? E.right(undefined)
      : E.left({ _tag: 'DataDiffers', what: 'classes', net: output, data: [classes.length] })
  }
