/** The shapes of the values between layers, without the batch. */
import { isSameList } from '../io/element.js'

export { sizeOf } from '../io/tensor.js'

/** `[height, width, channels]` of a map or `[units]` of a vector. */
export type Shape = readonly number[]

/** A map has positions in the image; a vector has none. */
export type Rank = 'map' | 'vector'

/** A single size is a vector's. */
export const rankOf = (shape: Shape): Rank => (shape.length === 1 ? 'vector' : 'map')

/** The last size: channels of a map, units of a vector. */
export const channelsOf = (shape: Shape): number => shape.at(-1) ?? 0

/** Whether two shapes agree in every size. */
export const isSameShape = (a: Shape, b: Shape): boolean => isSameList(a, b)
