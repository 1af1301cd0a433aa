/** Emits the addon's own operations, which its C++ source describes. */
import type { Value } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import { sidesOf } from '../../../net/window.js'
import type { FusedConv } from '../graph/fuse.js'
import { type Attrs, flag, int, ints, type Ref, tensor } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import { sum } from './arithmetic.js'
import type { Emitted, Emitter } from './emitter.js'
import { windowAttrs, windowOf } from './own-window.js'
import { suitsFixedTiles } from './tiled.js'

const clampNumbers = { none: 0, relu: 1, relu6: 2 }

/** Of rows [rows, channels], a map of one line. */
const mapOf = (x: Shape): Shape => (x.length === 2 ? [1, 1, ...x] : x)

const attrsOf = ({ x, window, kernel, line: { scale, shift }, clamp }: FusedConv): Attrs => ({
  ...windowAttrs(mapOf(x.shape), window, kernel.shape),
  kernel: tensor(kernel.shape, kernel.data),
  scale: tensor([scale.length], scale),
  shift: tensor([shift.length], shift),
  clamp: int(clampNumbers[clamp ?? 'none']),
})

export const emitFusion = (write: Writer, fused: FusedConv, refOf: (value: Value) => Ref): Emitted => {
  const refs = [fused.x, fused.side].flatMap(value => (value === undefined ? [] : [refOf(value)]))
  const attrs = attrsOf(fused)
  if (fused.kind === 'depthwise') return [write.add('EspalierDepthwise', refs, attrs)]
  const tiled = flag(suitsFixedTiles(fused.x.shape, fused.window, fused.kernel.shape))
  return [write.add('EspalierConv', refs, { ...attrs, tiled, count: int(refs.length - 1) })]
}

export const ownMaxPool: Emitter<'maxPool'> = (write, { op: { window }, inputs: [x] }, [ref]) => [
  write.add('EspalierMaxPool', [ref], {
    size: ints(sidesOf(window.size)),
    window: windowOf(x?.shape ?? [], window),
  }),
]

export const ownConcat: Emitter<'concat'> = (write, _, ...parts) => [
  write.add(
    'EspalierConcat',
    parts.map(([ref]) => ref),
    { count: int(parts.length) },
  ),
]

/** The sum of all pixels of each map is the addon's. */
export const ownSum: Emitter<'sum'> = (write, value, [x]) => {
  const { axes, keep } = value.op
  const isOfMap = value.inputs[0]?.shape.length === 4 && !keep && axes.join() === '1,2'
  return isOfMap ? [write.add('EspalierSum', [x], {})] : sum(write, value, [x])
}
