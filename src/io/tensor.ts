/** Arrays of numbers by name, as files hold them. */

/** An array with its shape. */
export interface Tensor {
  readonly shape: readonly number[]
  /** Row by row, the last axis fastest; never written to once it is in a store. */
  readonly data: Float32Array
}

/** Tensors by key. */
export type Tensors = Readonly<Record<string, Tensor>>

/** The index of the first value that is NaN or infinite; −1 where none is. A plain loop: stores hold millions. */
export const findNonFinite = (data: Float32Array): number => {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i
  return -1
}

/** How many values there are. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)
