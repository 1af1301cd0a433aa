/** What a symmetric positive matrix solves, in float64, by vectors of two: `kernels/float64` in a memory of its own. */
import { WebAssembly } from '../host.js'
import { binary } from './binary.js'

/** What the kernels export; addresses are in bytes. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number }
  readonly factorize: (factor: number, side: number, scratch: number) => void
  readonly solve: (rows: number, count: number, factor: number, side: number) => void
}

let compiled: InstanceType<typeof WebAssembly.Module> | null = null

const instantiate = (): Kernels => {
  compiled ??= new WebAssembly.Module(Buffer.from(binary, 'base64'))
  return new WebAssembly.Instance(compiled, {}).exports as Kernels // as kernels/float64/index.ts exports them
}

/** Where the kernels' own data has ended, and pages of 64 KiB. */
const [begin, page] = [4096, 65536]

/** Kernels with a memory that holds six rows of scratch, a factor, and so many rows. */
const allot = (side: number, count: number) => {
  const { memory, ...kernels } = instantiate()
  const factorAt = begin + 8 * 6 * side
  const rowsAt = factorAt + 8 * side * side
  const end = rowsAt + 8 * count * side
  memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / page)))
  return {
    factor: new Float64Array(memory.buffer, factorAt, side * side),
    rows: new Float64Array(memory.buffer, rowsAt, count * side),
    factorize: () => kernels.factorize(factorAt, side, begin),
    solve: () => kernels.solve(rowsAt, count, factorAt, side),
  }
}

const upToFour = (size: number): number => 4 * Math.ceil(size / 4)

/** Where a factor has the number of a row and a column: its rows lie in pairs, the numbers of both side by side. */
const placeIn = (side: number, row: number, column: number): number =>
  (row - (row % 2)) * side + 2 * column + (row % 2)

/** Writes the lower triangle; rows behind it are those of the unit matrix. */
const writeLower = (factor: Float64Array, matrix: ArrayLike<number>, size: number, side: number): void => {
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) factor[placeIn(side, i, j)] = matrix[i * size + j] ?? 0
  for (let i = size; i < side; i++) factor[placeIn(side, i, i)] = 1
}

/** Makes of L, in place, Lᵀ with its rows and columns backwards: a lower triangle again. */
const transposeBackwards = (factor: Float64Array, side: number): void => {
  const lower = factor.slice()
  for (let i = 0; i < side; i++)
    for (let j = 0; j <= i; j++)
      factor[placeIn(side, side - 1 - j, side - 1 - i)] = lower[placeIn(side, i, j)] ?? 0
}

const reverseRows = (rows: Float64Array, side: number): void => {
  for (let at = 0; at < rows.length; at += side) rows.subarray(at, at + side).reverse()
}

/** Copies rows from an array of one width into one of another, as far as both reach. */
const copyRows = (from: ArrayLike<number>, width: number, to: Float64Array, wide: number): void => {
  for (let row = 0; row < Math.min(from.length / width, to.length / wide); row++)
    for (let i = 0; i < Math.min(width, wide); i++) to[row * wide + i] = from[row * width + i] ?? 0
}

/**
 * X·A = B for a symmetric positive A, of which the lower triangle is read: a row of B is a right side, and that of X its
 * solution. NaN where A is not positive. A memory of 4 GB holds sizes up to 22,000; throws beyond.
 *
 * Shapes  A [size, size], B [rows, size] → [rows, size]
 */
export const solvePositive = (
  matrix: ArrayLike<number>,
  right: ArrayLike<number>,
  size: number,
): Float64Array => {
  const [side, count] = [upToFour(size), upToFour(right.length / size)]
  const { factor, rows, factorize, solve } = allot(side, count)
  writeLower(factor, matrix, size, side)
  copyRows(right, size, rows, side)
  factorize()
  solve()
  transposeBackwards(factor, side)
  reverseRows(rows, side)
  solve()
  reverseRows(rows, side)
  const solutions = new Float64Array(right.length)
  copyRows(rows, side, solutions, size)
  return solutions
}
