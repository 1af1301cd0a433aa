/** Emits fused convolutions as the addon's own operation, which its C++ source describes. */
import type { Value } from '../../../graph/graph.js'
import { channelsOf } from '../../../net/shape.js'
import { slidesOf } from '../../../net/window.js'
import type { FusedConv } from '../graph/fuse.js'
import { type Attrs, floats, int, ints, type Ref } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import type { Emitted } from './emitter.js'

/** Strides and padding: down, across, top, bottom, left, right. */
const windowOf = ({ op: { window }, inputs: [x, kernel] }: FusedConv['product']) => {
  const [height = 1, width = 1] = kernel?.shape ?? []
  const [down, across] = slidesOf(x?.shape.slice(1) ?? [], { ...window, size: [height, width] })
  return ints([down.stride, across.stride, down.before, down.after, across.before, across.after])
}

const clampNumbers = { none: 0, relu: 1, relu6: 2 }

const attrsOf = (fused: FusedConv): Attrs => ({
  count: int(fused.side === undefined ? 0 : 1),
  window: windowOf(fused.product),
  clamp: int(clampNumbers[fused.clamp ?? 'none']),
})

type RefOf = (value: Value) => Ref

/** What a norm multiplies by, and what it adds: of constants, which TensorFlow computes once. */
const lineOfNorm = (write: Writer, inputs: readonly Ref[], epsilon: number): readonly [Ref, Ref] => {
  const [scale = '', shift = '', mean = '', variance = ''] = inputs
  const stable = write.add('AddV2', [variance, write.number(epsilon)], floats)
  const factor = write.add('Mul', [scale, write.add('Rsqrt', [stable], floats)], floats)
  return [factor, write.add('Sub', [shift, write.add('Mul', [mean, factor], floats)], floats)]
}

const lineOf = (write: Writer, { product, behind }: FusedConv, refOf: RefOf): readonly [Ref, Ref] => {
  const filters = channelsOf(product.shape)
  if (behind?.op.kind === 'normalise')
    return lineOfNorm(write, behind.inputs.slice(1).map(refOf), behind.op.epsilon)
  const ones = write.array([filters], new Float32Array(filters).fill(1))
  const bias = behind?.inputs.find(input => input !== product)
  return [ones, bias === undefined ? write.array([filters], new Float32Array(filters)) : refOf(bias)]
}

export const emitFused = (write: Writer, fused: FusedConv, refOf: RefOf): Emitted => {
  const sides = fused.side === undefined ? [] : [refOf(fused.side)]
  const inputs = [...fused.product.inputs.map(refOf), ...lineOf(write, fused, refOf), ...sides]
  return [write.add('EspalierConv', inputs, attrsOf(fused))]
}
