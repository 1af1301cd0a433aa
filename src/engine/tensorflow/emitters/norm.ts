/** Batch norm: TensorFlow's fused kernels, which know maps only; a vector passes as a map of one pixel. */
import { channelsOf, type Shape } from '../../../net/shape.js'
import { type Attrs, flag, float, float32, floats, int32, type Ref, text, type } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import type { Emitter } from './emitter.js'

const isMap = (shape: Shape): boolean => shape.length === 4

export const reshaped = (write: Writer, ref: Ref, shape: Shape): Ref =>
  write.add('Reshape', [ref, write.ints(shape)], { ...floats, Tshape: type(int32) })

const asMap = (write: Writer, ref: Ref, shape: Shape): Ref =>
  isMap(shape) ? ref : reshaped(write, ref, [-1, 1, 1, channelsOf(shape)])

const asBefore = (write: Writer, ref: Ref, shape: Shape): Ref =>
  isMap(shape) ? ref : reshaped(write, ref, [-1, ...shape.slice(1)])

const fused = (epsilon: number, training: boolean): Attrs => ({
  ...floats,
  U: type(float32),
  epsilon: float(epsilon),
  is_training: flag(training),
  data_format: text('NHWC'),
})

/** Outputs 3 to 5 are what the gradient wants to find again. */
export const batchNorm: Emitter<'batchNorm'> = (write, { op, shape }, [x], [scale], [shift]) => {
  const none = write.array([0], new Float32Array(0), 'none')
  const norm = write.add(
    'FusedBatchNormV3',
    [asMap(write, x, shape), scale, shift, none, none],
    fused(op.epsilon, true),
  )
  return [asBefore(write, norm, shape), ...[1, 2, 3, 4, 5].map(output => `${norm}:${output}`)]
}

export const batchNormGrad: Emitter<'batchNormGrad'> = (
  write,
  { op, shape },
  [dy],
  [x],
  [scale],
  [, , , ...saved],
) => {
  const back = write.add(
    'FusedBatchNormGradV3',
    [asMap(write, dy, shape), asMap(write, x, shape), scale, ...saved],
    fused(op.epsilon, true),
  )
  return [asBefore(write, back, shape), `${back}:1`, `${back}:2`]
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
  asBefore(
    write,
    write.add(
      'FusedBatchNormV3',
      [asMap(write, x, shape), scale, shift, mean, variance],
      fused(op.epsilon, false),
    ),
    shape,
  ),
]
