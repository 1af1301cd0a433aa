/** Statistics of channels, and functions of rows and matrices. */
import { at, blank, bump, each, type Numbers } from './arrays.js'

/** Mean and variance (divided by n) of each channel. */
export const moments = (
  xs: Numbers | undefined,
  channels: number,
): { readonly mean: Numbers; readonly variance: Numbers } => {
  const rows = (xs?.length ?? 0) / channels
  const mean = blank([channels])
  const variance = blank([channels])
  each(xs, (x, i) => bump(mean, i % channels, x / rows))
  each(xs, (x, i) => bump(variance, i % channels, (x - at(mean, i % channels)) ** 2 / rows))
  return { mean, variance }
}

export const standardised = (xs: Numbers, mean: Numbers, variance: Numbers, epsilon: number): Numbers =>
  xs.map((x, i) => {
    const c = i % mean.length
    return (x - at(mean, c)) / Math.sqrt(at(variance, c) + epsilon)
  })

export const scaled = (
  unit: Numbers,
  scale: Numbers | undefined,
  shift: Numbers | undefined,
  channels: number,
): Numbers => unit.map((u, i) => u * at(scale, i % channels) + at(shift, i % channels))

export const softmax = (row: Numbers): Numbers => {
  const top = Math.max(...row)
  const total = row.reduce((sum, x) => sum + Math.exp(x - top), 0)
  return row.map(x => Math.exp(x - top) / total)
}

/** Gauss and Jordan, with the largest pivot. */
export const inverted = (xs: Numbers, size: number): Numbers => {
  const rows = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: 2 * size }, (_, j) =>
      j < size ? at(xs, i * size + j) : j - size === i ? 1 : 0,
    ),
  )
  for (let i = 0; i < size; i++) {
    const below = rows.slice(i).map(row => Math.abs(at(row, i)))
    const pivot = i + below.indexOf(Math.max(...below))
    const [upper, lower] = [rows[i] ?? blank([0]), rows[pivot] ?? blank([0])]
    rows[i] = lower
    rows[pivot] = upper
    const head = at(rows[i], i)
    rows[i] = lower.map(x => x / head)
    rows.forEach((row, r) => {
      const factor = at(row, i)
      if (r !== i) rows[r] = row.map((x, j) => x - factor * at(rows[i], j))
    })
  }
  return Float64Array.from(rows.flatMap(row => [...row.slice(size)]))
}

/** 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹/(2n+1)!!, whose terms are all of one sign; beyond 6 it is ±1 in float64. */
export const erf = (x: number): number => {
  if (Math.abs(x) > 6) return Math.sign(x)
  let [term, sum] = [x, 0]
  for (let n = 1; n < 200; n++) {
    sum += term
    term *= (2 * x * x) / (2 * n + 1)
  }
  return ((2 / Math.sqrt(Math.PI)) * sum) / Math.exp(x * x)
}
