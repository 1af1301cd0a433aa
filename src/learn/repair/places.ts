/** The layers of a pruned net whose kernels are fitted, and what each has to give. */
import type { PlacedLayer } from '../../net/infer.js'
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
export const isConsumer = (layer: Layer): layer is Consumer =>
  layer._tag === 'dense' || (layer._tag === 'conv' && layer.groups === 1)

/** The kernel with these of its outputs, or with all. */
const keepOutputs = (kernel: Tensor, outputs: Int32Array | null): Tensor => {
  const lead = kernel.shape.slice(0, -1)
  return outputs === null
    ? kernel
    : gatherAxes({ shape: [...lead, outputs.length], axes: [...lead.map(() => null), outputs] })(kernel)
}

/** A layer that is fitted, by the remap: the kernel it had, and which of its outputs and inputs are left, `null` for all. */
interface Fitted {
  readonly placed: PlacedLayer
  readonly layer: Consumer
  readonly from: string
  readonly outputs: Int32Array | null
  readonly reads: Int32Array | null
}

/** In the order of computation: from the first that reads fewer channels on. */
export const fittedIn = ({ model, remap }: Cut): readonly Fitted[] => {
  const all = [...model.layers.values()].flatMap(placed => {
    const { from = null, axes = [] } = remap.get(weightKey(placed.path, 'kernel')) ?? {}
    const { layer } = placed
    if (!isConsumer(layer) || from === null) return []
    return [{ placed, layer, from, outputs: axes.at(-1) ?? null, reads: axes.at(-2) ?? null }]
  })
  const first = all.findIndex(({ reads }) => reads !== null)
  return first < 0 ? [] : all.slice(first)
}

/** What each fitted layer has to give. */
export const placesIn = (cut: Cut, whole: Weights): readonly Place[] =>
  fittedIn(cut).flatMap(({ placed: { path }, layer, from, outputs }) => {
    const kernel = whole[from]
    return kernel === undefined
      ? []
      : [{ path, layer, from: parentPath(from), wholeKernel: keepOutputs(kernel, outputs) }]
  })
