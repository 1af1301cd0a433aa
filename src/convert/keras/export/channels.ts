/** Channels as Keras layers that every runtime has: a slice is cropped, a shuffle transposed, a gate multiplied. */
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'
import type { Tensor } from '../../../net/weights.js'
import { add, type Context, channelsLast } from './context.js'

/** A part of a path's layer by name. */
type NamePart = (part: string) => string

const reshape = (context: Context, name: string, shape: Shape, from: string): string =>
  add(context, 'Reshape', name, { target_shape: shape }, [from])

const permute = (context: Context, name: string, dims: readonly number[], from: string): string =>
  add(context, 'Permute', name, { dims }, [from])

/**
 * `size` of the channels, the first of them at `first`: they are cropped as the columns of a map are.
 *
 * Shapes  [h, w, c] → [h·w, c, 1] → [h·w, size, 1] → [h, w, size]; a vector [c] by way of [1, c, 1]
 */
export const addSlice = (
  context: Context,
  { name, part }: { readonly name: string; readonly part: NamePart },
  { first, size }: { readonly first: number; readonly size: number },
  input: Shape,
  from: string,
): string => {
  const [sides, channels] = [input.slice(0, -1), channelsOf(input)]
  const cropping = [
    [0, 0],
    [first, channels - first - size],
  ]
  const columns = reshape(context, part('columns'), [sizeOf(sides), channels, 1], from)
  const cropped = add(context, 'Cropping2D', part('cropped'), { cropping, ...channelsLast }, [columns])
  return reshape(context, name, [...sides, size], cropped)
}

/** Shapes  [h, w, c] → [h, w, groups, c/groups] → [h, w, c/groups, groups] → [h, w, c] */
export const addShuffle = (
  context: Context,
  { name, part }: { readonly name: string; readonly part: NamePart },
  groups: number,
  input: Shape,
  from: string,
): string => {
  const sides = input.slice(0, -1)
  const [groupAxis, placeAxis] = [input.length, input.length + 1]
  const grouped = reshape(context, part('grouped'), [...sides, groups, channelsOf(input) / groups], from)
  const order = [...sides.map((_, axis) => axis + 1), placeAxis, groupAxis]
  return reshape(context, name, input, permute(context, part('transposed'), order, grouped))
}

/** A number for each channel of a map is first given the sides 1 and 1. */
export const addGate = (
  context: Context,
  { name, part }: { readonly name: string; readonly part: NamePart },
  [body, input]: readonly [body: Shape, input: Shape],
  factors: string,
  from: string,
): string => {
  const sized =
    body.length < input.length
      ? reshape(context, part('factors'), [1, 1, channelsOf(body)], factors)
      : factors
  return add(context, 'Multiply', name, {}, [from, sized])
}

/** A part of a weight's last axis. */
export const sliceLast = ({ shape, data }: Tensor, first: number, size: number): Tensor => {
  const width = channelsOf(shape)
  return {
    shape: [...shape.slice(0, -1), size],
    data: data.filter((_, i) => i % width >= first && i % width < first + size),
  }
}
