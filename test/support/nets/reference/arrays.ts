/** Arrays of numbers by shape, in plain loops. */

export type Numbers = Float64Array<ArrayBuffer>

export type Shape = readonly number[]

export const count = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

export const blank = (shape: Shape): Numbers => new Float64Array(count(shape))

export const at = (values: ArrayLike<number> | undefined, index: number): number =>
  values?.[index] ?? Number.NaN

export const last = (shape: Shape): number => shape.at(-1) ?? 1

export const bump = (values: Numbers, index: number, by: number): void => {
  values[index] = at(values, index) + by
}

export const each = (
  values: ArrayLike<number> | undefined,
  visit: (value: number, index: number) => void,
): void => {
  for (let i = 0; i < (values?.length ?? 0); i++) visit(at(values, i), i)
}

/** The index in a smaller shape that a flat index of a larger one stretches. */
export const source = (index: number, large: Shape, small: Shape): number => {
  let rest = index
  let stride = 1
  let found = 0
  for (let axis = large.length - 1; axis >= 0; axis--) {
    const place = rest % (large[axis] ?? 1)
    rest = Math.floor(rest / (large[axis] ?? 1))
    const size = small[axis - large.length + small.length] ?? 1
    found += size === 1 ? 0 : place * stride
    stride *= size
  }
  return found
}

/** Each row of the last axis through `f`. */
export const byRow = (xs: Numbers | undefined, size: number, f: (row: Numbers) => Numbers): Numbers => {
  const rows = Array.from({ length: (xs?.length ?? 0) / size }, (_, n) =>
    f(xs?.slice(n * size, (n + 1) * size) ?? blank([0])),
  )
  return Float64Array.from(rows.flatMap(row => [...row]))
}

/** Targets of images whose classes come in turn. Shapes  [images, classes] */
export const oneHot = ([images = 0, classes = 1]: readonly number[]): Float64Array =>
  Float64Array.from({ length: images * classes }, (_, i) =>
    i % classes === Math.floor(i / classes) % classes ? 1 : 0,
  )
