/** The least-squares fit of one layer's kernel. */
import { elementAt } from '../../io/element.js'
import { solveRidge } from './ridge.js'

/** Sums over the calibration images, in float64. */
export interface Products {
  /** XᵀX [inputs, inputs] and XᵀY [inputs, outputs], row by row. */
  readonly gram: Float64Array
  readonly cross: Float64Array
  /** ΣX and ΣY. */
  readonly inputs: Float64Array
  readonly outputs: Float64Array
  /** How many rows X and Y have. */
  readonly positions: Float64Array
}

export interface Fit {
  /** [inputs, outputs], row by row. */
  readonly kernel: Float64Array
  /** What is added to each output; zero throughout where the layer can add nothing. */
  readonly intercept: Float64Array
}

/** Chosen columns of a matrix with so many columns. */
const pickColumns = (matrix: Float64Array, width: number, columns: Int32Array): Float64Array =>
  Float64Array.from({ length: (matrix.length / width) * columns.length }, (_, i) =>
    elementAt(matrix, Math.floor(i / columns.length) * width + elementAt(columns, i % columns.length)),
  )

/** Products less those of the means, as if all inputs and outputs had mean 0. */
const center = (
  products: Float64Array,
  left: Float64Array,
  right: Float64Array,
  count: number,
): Float64Array =>
  products.map(
    (each, i) =>
      each - (elementAt(left, Math.floor(i / right.length)) * elementAt(right, i % right.length)) / count,
  )

/** XᵀY − XᵀX·W: what the kernel leaves unexplained. */
const residualOf = (gram: Float64Array, cross: Float64Array, kernel: ArrayLike<number>, size: number) => {
  const width = cross.length / size
  const residual = cross.slice()
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const factor = gram[i * size + k] ?? 0
      for (let j = 0; j < width; j++)
        residual[i * width + j] = (residual[i * width + j] ?? 0) - factor * (kernel[k * width + j] ?? 0)
    }
  return residual
}

/**
 * The kernel, and the constant, with which the layer gives the outputs it gave before, as nearly as its inputs allow.
 * The ridge holds it near the kernel there is, so that what the images do not determine stays as it was.
 *
 * Shapes  kernel [inputs, outputs]; `columns` picks those of Y that the layer still has
 * Law     where the kernel explains Y already, it is the fit
 */
export const fitKernel = (
  products: Products,
  kernel: ArrayLike<number>,
  columns: Int32Array,
  { ridge, hasIntercept }: { readonly ridge: number; readonly hasIntercept: boolean },
): Fit => {
  const size = products.inputs.length
  const count = elementAt(products.positions, 0)
  const outputs = pickColumns(products.outputs, products.outputs.length, columns)
  const raw = pickColumns(products.cross, products.outputs.length, columns)
  const gram = hasIntercept ? center(products.gram, products.inputs, products.inputs, count) : products.gram
  const cross = hasIntercept ? center(raw, products.inputs, outputs, count) : raw
  const change = solveRidge(gram, residualOf(gram, cross, kernel, size), { size, ridge })
  const fitted = change.map((each, i) => each + elementAt(kernel, i))
  const width = columns.length
  const intercept = outputs.map((sum, j) => {
    let explained = 0
    for (let i = 0; i < size; i++)
      explained += elementAt(products.inputs, i) * elementAt(fitted, i * width + j)
    return hasIntercept ? (sum - explained) / count : 0
  })
  return { kernel: fitted, intercept }
}
