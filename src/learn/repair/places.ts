/** The layers of a pruned net whose kernels are fitted, and what each has to give. */
import { type Path, parentPath } from '../../net/path.js'
import type { Layer } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import type { Tensor, Weights } from '../../net/weights.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import { gatherAxes } from '../../surgery/remap.js'
import type { Consumer } from './gram.js'

/** A pruned net, and how it was made. */
type Cut = Pick<Pruned, 'model' | 'remap'>

/** A layer to fit: where it is now, where it was, and the kernel it had of the outputs that it still has. */
export interface Place {
  readonly path: Path
  readonly layer: Consumer
  readonly from: Path
  readonly wholeKernel: Tensor
}

/** The slot that takes up a constant: the bias, or the mean the batch norm subtracts. */
export const interceptSlot = ({
  bias,
  norm,
}: Consumer): { readonly slot: 'bias' | 'mean'; readonly sign: 1 | -1 } | null => {
  if (bias) return { slot: 'bias', sign: 1 }
  return norm === null ? null : { slot: 'mean', sign: -1 }
}

/** The filters of a group read other channels than those of the next: they have no fit in common. */
const isConsumer = (layer: Layer): layer is Consumer =>
  layer._tag === 'dense' || (layer._tag === 'conv' && layer.groups === 1)

/** The kernel with these of its outputs, or with all. */
const keepOutputs = (kernel: Tensor, outputs: Int32Array | null): Tensor => {
  const lead = kernel.shape.slice(0, -1)
  return outputs === null
    ? kernel
    : gatherAxes({ shape: [...lead, outputs.length], axes: [...lead.map(() => null), outputs] })(kernel)
}

/** In the order of computation: from the first that reads fewer channels on. */
export const placesIn = ({ model, remap }: Cut, whole: Weights): readonly Place[] => {
  const places = [...model.layers.values()].flatMap(({ path, layer }) => {
    const { from = null, axes = [] } = remap.get(weightKey(path, 'kernel')) ?? {}
    const kernel = from === null ? undefined : whole[from]
    if (!isConsumer(layer) || from === null || kernel === undefined) return []
    const wholeKernel = keepOutputs(kernel, axes.at(-1) ?? null)
    return [{ path, layer, from: parentPath(from), wholeKernel, reads: axes.at(-2) ?? null }]
  })
  const first = places.findIndex(({ reads }) => reads !== null)
  return first < 0 ? [] : places.slice(first)
}
