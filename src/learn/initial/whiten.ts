/** A first convolution that whitens the patches of the images. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph, Value } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { sizeOf } from '../../net/shape.js'
import type { Conv } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import type { Model, Tensor } from '../../net/weights.js'
import { type Calibration, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'

/** A convolution that reads the images themselves. */
interface FirstConv {
  readonly layer: Conv
  readonly images: Value
  readonly kernel: Value
  /** Positions of its window on an image. */
  readonly positions: number
}

const firstConv =
  (path: Path, batch: number) =>
  (net: CheckedNet): E.Either<LearnError, FirstConv> => {
    const { images, into, weights } = lower({ batch, mode: 'inference' })(net)
    const { layer, output = [] } = net.layers.get(path) ?? {}
    const kernel = weights.get(weightKey(path, 'kernel'))
    return layer?._tag === 'conv' && layer.groups === 1 && into.get(path) === images && kernel !== undefined
      ? E.right({ layer, images, kernel, positions: sizeOf(output.slice(0, 2)) })
      : E.left({ _tag: 'NotFirst', at: path, got: layer === undefined ? 'no layer' : layer._tag })
  }

/** Errors  NotFirst unless the path is that of a convolution that reads the images */
export const checkFirstConv =
  (path: Path) =>
  (net: CheckedNet): E.Either<LearnError, void> =>
    pipe(firstConv(path, 1)(net), E.asUnit)

/** The products of all pairs of values of the patches that a convolution reads, summed. Shapes  → [k, k, c, k·k·c] */
const patchProducts = ({ layer, images, kernel }: FirstConv): Graph => {
  const { stride, dilation, padding } = layer
  const [height = 1, width = 1, channels = 1] = kernel.shape
  const size = height * width * channels
  const unfold = op.reshape(op.eye(size), [height, width, channels, size])
  const window = { stride, dilation, padding }
  const patches = op.conv(images, unfold, window)
  return { outputs: { products: op.convKernel(patches, images, unfold, window) }, updates: [] }
}

/** Keeps directions in which patches hardly vary from being blown up. Source  Jordan 2024 */
const floorOfVariance = 5e-4

/**
 * Filters ± v/√(λ + ε), v the eigenvectors of the patches' covariance of the largest λ: first one sign, then the other.
 * Filters beyond twice the size of a patch stay as they were.
 */
const whiteningKernel = async ({ shape, data }: Tensor, covariance: Float64Array): Promise<Tensor> => {
  const { EigenvalueDecomposition, Matrix } = await import('ml-matrix') // only those who whiten load it
  const filters = elementAt(shape, shape.length - 1)
  const size = data.length / filters
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(size, size, covariance),
    { assumeSymmetric: true },
  )
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => elementAt(realEigenvalues, b) - elementAt(realEigenvalues, a))
  const half = Math.min(size, Math.ceil(filters / 2))
  const next = data.slice()
  order.slice(0, half).forEach((column, nth) => {
    const length = Math.sqrt(Math.max(0, elementAt(realEigenvalues, column)) + floorOfVariance)
    for (let row = 0; row < size; row++) {
      const value = eigenvectorMatrix.get(row, column) / length
      next[row * filters + nth] = value
      if (half + nth < filters) next[row * filters + half + nth] = -value
    }
  })
  return { shape, data: next }
}

/**
 * The model whose first convolution whitens the patches of the calibration images. Freeze the layer in the trainings
 * after it.
 *
 * Errors  NotFirst; those of `withSession`
 * Source  Page 2019; Jordan 2024
 */
export const whiten =
  (calibration: Calibration, path: Path) =>
  (model: Model): TE.TaskEither<LearnError, Model> =>
    pipe(
      TE.fromEither(firstConv(path, calibration.batch)(model)),
      TE.flatMap(first =>
        withSession(calibration, { patches: patchProducts(first) }, { weights: {} }, session =>
          foldBatches(calibration, { products: new Float64Array(), count: 0 }, ({ images, size }) => sums => {
            const { products = new Float32Array() } = session.run('patches', { images })
            return {
              products: Float64Array.from(products, (each, i) => each + (sums.products[i] ?? 0)),
              count: sums.count + size * first.positions,
            }
          }),
        ),
      ),
      TE.flatMapTask(({ products, count }) => async () => {
        const key = weightKey(path, 'kernel')
        const kernel = model.weights[key] as Tensor // a convolution has one
        const covariance = products.map(each => each / count)
        return { ...model, weights: { ...model.weights, [key]: await whiteningKernel(kernel, covariance) } }
      }),
    )
