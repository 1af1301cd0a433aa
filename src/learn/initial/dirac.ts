/** Convolutions that begin as the identity. */
import { weightKey } from '../../net/weight-specs.js'
import type { Model, Tensor, Weights } from '../../net/weights.js'

/** The first filters give the channels they read as they are; the others stay as they were. */
const diracKernel = ({ shape, data }: Tensor): Tensor => {
  const [height = 1, width = 1, channels = 1, filters = 1] = shape
  const passed = Math.min(channels, filters)
  const centre = Math.floor((height - 1) / 2) * width + Math.floor((width - 1) / 2)
  const next = data.map((each, i) => (i % filters < passed ? 0 : each))
  for (let channel = 0; channel < passed; channel++)
    next[(centre * channels + channel) * filters + channel] = 1
  return { shape, data: next }
}

/** Whether a layer is a convolution whose windows are larger than one pixel. */
const hasWindow = ({ shape }: Tensor): boolean => shape.length === 4 && (shape[0] ?? 1) * (shape[1] ?? 1) > 1

/**
 * The first c_in filters of every convolution wider than one pixel begin as the identity.
 *
 * Source  Zagoruyko and Komodakis 2017; for part of the filters: Jordan 2024
 */
export const dirac = (model: Model): Model => {
  const { layers, weights } = model
  const kernels = [...layers.values()].flatMap(({ path, layer }): readonly (readonly [string, Tensor])[] => {
    const key = weightKey(path, 'kernel')
    const kernel = weights[key]
    return layer._tag === 'conv' && kernel !== undefined && hasWindow(kernel)
      ? [[key, diracKernel(kernel)]]
      : []
  })
  const changed: Weights = Object.fromEntries(kernels)
  return { ...model, weights: { ...weights, ...changed } }
}
