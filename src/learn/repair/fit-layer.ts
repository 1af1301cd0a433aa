/** A fit as the weights of its layer. */
import { elementAt } from '../../io/element.js'
import { findNonFinite } from '../../io/tensor.js'
import { weightKey } from '../../net/weight-specs.js'
import type { Tensor, Weights } from '../../net/weights.js'
import { fitKernel, type Products } from './fit.js'
import { interceptSlot, type Place } from './places.js'

/** How a reconstruction is done. */
export interface ReconstructOptions {
  /** What is added to the diagonal of XᵀX, as a share of its mean. */
  readonly ridge: number
}

const addTo = ({ shape, data }: Tensor, change: Float64Array, sign = 1): Tensor => ({
  shape,
  data: Float32Array.from(change, (each, i) => elementAt(data, i) + sign * each),
})

const allFinite = (weights: Weights): boolean =>
  Object.values(weights).every(({ data }) => findNonFinite(data) < 0)

/** A layer's weights, fitted; none where the fit is not finite. */
export const fitLayer = (
  { path, layer }: Pick<Place, 'path' | 'layer'>,
  weights: Weights,
  products: Products,
  { ridge }: ReconstructOptions,
): Weights => {
  const key = weightKey(path, 'kernel')
  const kernel = weights[key]
  const constant = interceptSlot(layer)
  if (kernel === undefined) return {}
  const { change, intercept } = fitKernel(products, { ridge, hasIntercept: constant !== null })
  const old = constant === null ? undefined : weights[weightKey(path, constant.slot)]
  const fitted =
    constant === null || old === undefined
      ? { [key]: addTo(kernel, change) }
      : {
          [key]: addTo(kernel, change),
          [weightKey(path, constant.slot)]: addTo(old, intercept, constant.sign),
        }
  return allFinite(fitted) ? fitted : {}
}
