/** The check that a net takes the images of some data, and gives a value for each of its classes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../../net/error.js'
import { infer } from '../../net/infer.js'
import { channelsOf, isSameShape, type Shape } from '../../net/shape.js'
import type { Net } from '../../net/tree.js'
import type { LearnError } from '../error.js'

/** Images or classes that are not the net's. */
export type DataDiffers = Extract<LearnError, { readonly _tag: 'DataDiffers' }>

/** What is compared: the shape of an image, and the names of the classes. */
interface Data {
  readonly image: Shape
  readonly classes: readonly string[]
}

/** Errors  DataDiffers; those of `infer` */
export const checkData =
  ({ image, classes }: Data) =>
  (net: Net): E.Either<NetError | DataDiffers, Net> =>
    pipe(
      infer(net),
      E.flatMap((inferred): E.Either<DataDiffers, Net> => {
        const output = inferred.get('')?.output ?? []
        if (!isSameShape(net.input, image))
          return E.left({ _tag: 'DataDiffers', what: 'image', net: net.input, data: image })
        return channelsOf(output) === classes.length
          ? E.right(net)
          : E.left({ _tag: 'DataDiffers', what: 'classes', net: output, data: [classes.length] })
      }),
    )
