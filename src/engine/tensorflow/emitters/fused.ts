/** Emits fused convolutions as the addon's own operation, which its C++ source describes. */
import type { Value } from '../../../graph/graph.js'
import { slidesOf } from '../../../net/window.js'
import type { FusedConv } from '../graph/fuse.js'
import { type Attrs, int, ints, type Ref, tensor } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import type { Emitted } from './emitter.js'

/** Strides and padding: down, across, top, bottom, left, right. */
const windowOf = ({ op: { window }, inputs: [x, kernel] }: FusedConv['product']) => {
  const [height = 1, width = 1] = kernel?.shape ?? []
  const [down, across] = slidesOf(x?.shape.slice(1) ?? [], { ...window, size: [height, width] })
  return ints([down.stride, across.stride, down.before, down.after, across.before, across.after])
}

const clampNumbers = { none: 0, relu: 1, relu6: 2 }

const attrsOf = ({ product, kernel, line: { scale, shift }, side, clamp }: FusedConv): Attrs => ({
  count: int(side === undefined ? 0 : 1),
  kernel: tensor(kernel.shape, kernel.data),
  scale: tensor([scale.length], scale),
  shift: tensor([shift.length], shift),
  window: windowOf(product),
  clamp: int(clampNumbers[clamp ?? 'none']),
})

export const emitFused = (write: Writer, fused: FusedConv, refOf: (value: Value) => Ref): Emitted => {
  const [x] = fused.product.inputs
  const inputs = [x, fused.side].flatMap(value => (value === undefined ? [] : [refOf(value)]))
  return [write.add('EspalierConv', inputs, attrsOf(fused))]
}
