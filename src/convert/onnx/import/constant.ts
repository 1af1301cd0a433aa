/** Constants of an ONNX graph: their sizes, and their values where they are asked for. */
import { sizeOf } from '../../../net/shape.js'

export type Numbers = Float32Array | Float64Array

/** Values are read when they are needed: most are the weights of layers. */
export interface Constant {
  readonly dims: readonly number[]
  readonly isInteger: boolean
  readonly read: () => Numbers
}

export const constantOf = (dims: readonly number[], isInteger: boolean, data: Numbers): Constant => ({
  dims,
  isInteger,
  read: () => data,
})

/** The values of a constant of at most so many; null for a larger one. Shapes, axes and bounds are short. */
export const fewNumbers = (constant: Constant, most: number): readonly number[] | null =>
  sizeOf(constant.dims) <= most ? [...constant.read()] : null

/** The one value of a constant, repeated or not; null where values differ. */
export const uniformValue = (constant: Constant): number | null => {
  const data = constant.read()
  const [first] = data
  return first !== undefined && data.every((value: number) => value === first) ? first : null
}

/** The values in single precision, as they are where they are so already. */
export const floatsOf = (constant: Constant): Float32Array => {
  const data = constant.read()
  return data instanceof Float32Array ? data : Float32Array.from(data)
}

/** The same values under other sizes. */
export const withDims = (constant: Constant, dims: readonly number[]): Constant => ({ ...constant, dims })

/** Whether two numbers agree within the precision of a float32. */
export const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(b), 1)

/** A float32 as the decimal number it was written as. */
export const decimal = (value: number): number => Number(value.toPrecision(7))
