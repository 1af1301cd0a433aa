/** The least-squares fit of one layer's kernel. */
import { elementAt } from '../../io/element.js'
import { solveRidge } from './ridge.js'

/** Sums over the calibration images, in float64: X are inputs, R what the kernel leaves unexplained of the outputs. */
export interface InputSums {
  readonly _tag: 'byInput'
  /** XᵀX [inputs, inputs] and XᵀR [inputs, outputs], row by row. */
  readonly gram: Float64Array
  readonly cross: Float64Array
  /** ΣX and ΣR. */
  readonly inputs: Float64Array
  readonly residuals: Float64Array
  /** How many rows X and R have. */
  readonly positions: number
}

/** All positions of the calibration images; X and R less their means where the layer has a constant. */
export interface PositionProducts {
  readonly _tag: 'byPosition'
  /** XXᵀ [positions, positions] and R [positions, outputs], row by row. */
  readonly gram: Float32Array
  readonly residuals: Float32Array
  readonly inputMeans: Float32Array
  readonly residualMeans: Float32Array
  /** Xᵀ·C. Shapes  C [positions, outputs] → [inputs, outputs] */
  readonly multiply: (coefficients: Float32Array) => Float32Array
}

export type Products = InputSums | PositionProducts

export interface Fit {
  /** What is added to the kernel, [inputs, outputs], row by row. */
  readonly change: Float64Array
  /** What is added to each output, where the layer can add something. */
  readonly intercept: Float64Array
}

export interface FitOptions {
  readonly ridge: number
  readonly hasIntercept: boolean
}

/** Products less those of the means, as if all rows of both had mean 0. */
const center = (products: Float64Array, left: Float64Array, right: Float64Array, count: number) => {
  const width = right.length
  return products.map(
    (each, i) => each - (elementAt(left, Math.floor(i / width)) * elementAt(right, i % width)) / count,
  )
}

const changeByInput = (products: InputSums, { ridge, hasIntercept }: FitOptions): Float64Array => {
  const { inputs, residuals, positions } = products
  const gram = hasIntercept ? center(products.gram, inputs, inputs, positions) : products.gram
  const cross = hasIntercept ? center(products.cross, inputs, residuals, positions) : products.cross
  return solveRidge(gram, cross, { size: inputs.length, ridge })
}

/** Law  (XᵀX + λI)⁻¹·Xᵀ = Xᵀ·(XXᵀ + λI)⁻¹, so that it is the change by input */
const changeByPosition = (
  { gram, residuals, inputMeans, residualMeans, multiply }: PositionProducts,
  { ridge }: FitOptions,
): Float64Array => {
  const size = residuals.length / residualMeans.length
  const coefficients = solveRidge(gram, residuals, { size, ridge, inputs: inputMeans.length })
  return Float64Array.from(multiply(Float32Array.from(coefficients)))
}

/** The means of R that a change of the kernel leaves. */
const meansLeft = (
  residuals: ArrayLike<number>,
  inputs: ArrayLike<number>,
  change: Float64Array,
  count: number,
) =>
  Float64Array.from(residuals, (sum, j) => {
    let left = sum
    for (let i = 0; i < inputs.length; i++) left -= (inputs[i] ?? 0) * (change[i * residuals.length + j] ?? 0)
    return left / count
  })

/**
 * The change of a kernel, and the constant, with which the layer gives the outputs it gave before, as nearly as its inputs
 * allow. The ridge holds it near the kernel there is, so that what the images do not determine stays as it was.
 *
 * Law  where the kernel explains the outputs already, the change is zero
 */
export const fitKernel = (products: Products, options: FitOptions): Fit => {
  if (products._tag === 'byInput') {
    const { inputs, residuals, positions } = products
    const change = changeByInput(products, options)
    return { change, intercept: meansLeft(residuals, inputs, change, positions) }
  }
  const { inputMeans, residualMeans } = products
  const change = changeByPosition(products, options)
  return { change, intercept: meansLeft(residualMeans, inputMeans, change, 1) }
}
