/** Convolutions that begin as the identity. */
import { weightKey } from '../../net/weight-specs.js'
import type { Model, Tensor, Weights } from '../../net/weights.js'

/** The first filters of each group give the channels they read as they are; the others stay as they were. */
const diracKernel = ({ shape, data }: Tensor, groups: number): Tensor => {
  const [height = 1, width = 1, channels = 1, filters = 1] = shape
  const size = filters / groups
  const passed = Math.min(channels, size)
  const centre = Math.floor((height - 1) / 2) * width + Math.floor((width - 1) / 2)
  const next = data.map((each, i) => (i % size < passed ? 0 : each))
  for (let filter = 0; filter < filters; filter++) {
    const channel = filter % size
    if (channel < passed) next[(centre * channels + channel) * filters + filter] = 1
  }
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
      ? [[key, diracKernel(kernel, layer.groups)]]
      : []
  })
  const changed: Weights = Object.fromEntries(kernels)
  return { ...model, weights: { ...weights, ...changed } }
}
