/** Emits batch norms by TensorFlow's fused kernels, which accept maps only; a vector becomes a map of one pixel. */
import { channelsOf, type Shape } from '../../../net/shape.js'
import { type Attrs, flag, float, float32, floats, int32, type Ref, text, type } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import type { Emitter } from './emitter.js'

const isMap = (shape: Shape): boolean => shape.length === 4

export const reshapeTo = (write: Writer, ref: Ref, shape: Shape): Ref =>
  write.add('Reshape', [ref, write.ints(shape)], { ...floats, Tshape: type(int32) })

const asMap = (write: Writer, ref: Ref, shape: Shape): Ref =>
  isMap(shape) ? ref : reshapeTo(write, ref, [-1, 1, 1, channelsOf(shape)])

const fromMap = (write: Writer, ref: Ref, shape: Shape): Ref =>
  isMap(shape) ? ref : reshapeTo(write, ref, [-1, ...shape.slice(1)])

const fused = (epsilon: number, training: boolean): Attrs => ({
  ...floats,
  U: type(float32),
  epsilon: float(epsilon),
  is_training: flag(training),
  data_format: text('NHWC'),
})

const emptyArray = (write: Writer): Ref => write.array([0], new Float32Array(0), 'none')

/** The gradient reads outputs 3 to 5. */
export const batchNorm: Emitter<'batchNorm'> = (write, { op, shape }, [x], [scale], [shift]) => {
  const empty = emptyArray(write)
  const norm = write.add(
    'FusedBatchNormV3',
    [asMap(write, x, shape), scale, shift, empty, empty],
    fused(op.epsilon, true),
  )
  return [fromMap(write, norm, shape), ...[1, 2, 3, 4, 5].map(output => `${norm}:${output}`)]
}

/** A register of AVX-512 holds as many floats: on channels in multiples of it oneDNN has a kernel that is as quick. */
const lanes = 16

/** The addon's; TensorFlow's gradient reads what it keeps. */
export const ownBatchNorm: Emitter<'batchNorm'> = (write, value, [x], [scale], [shift]) => {
  const { op, shape } = value
  if (channelsOf(shape) % lanes === 0) return batchNorm(write, value, [x], [scale], [shift])
  const norm = write.add('EspalierBatchNorm', [x, scale, shift], { epsilon: float(op.epsilon) })
  return [norm, `${norm}:1`, `${norm}:2`, `${norm}:1`, `${norm}:3`, emptyArray(write)]
}

export const batchNormGrad: Emitter<'batchNormGrad'> = (
  write,
  { op, shape },
  [dy],
  [x],
  [scale],
  [, , , ...saved],
) => {
  const gradient = write.add(
    'FusedBatchNormGradV3',
    [asMap(write, dy, shape), asMap(write, x, shape), scale, ...saved],
    fused(op.epsilon, true),
  )
  return [fromMap(write, gradient, shape), `${gradient}:1`, `${gradient}:2`]
}

/** Where the norm is the addon's. */
export const ownBatchNormGrad: Emitter<'batchNormGrad'> = (write, value, [dy], [x], [scale], norm) => {
  const { op, shape } = value
  if (channelsOf(shape) % lanes === 0) return batchNormGrad(write, value, [dy], [x], [scale], norm)
  const [, , , mean = '', spread = ''] = norm
  const inputs = [dy, x, scale, mean, spread]
  const gradient = write.add('EspalierBatchNormGrad', inputs, { epsilon: float(op.epsilon) })
  return [gradient, `${gradient}:1`, `${gradient}:2`]
}

export const normalise: Emitter<'normalise'> = (
  write,
  { op, shape },
  [x],
  [scale],
  [shift],
  [mean],
  [variance],
) => [
  fromMap(
    write,
    write.add(
      'FusedBatchNormV3',
      [asMap(write, x, shape), scale, shift, mean, variance],
      fused(op.epsilon, false),
    ),
    shape,
  ),
]
