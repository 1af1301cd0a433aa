/** A table over a grid of sizes: read between its points in logarithms, and beyond them in proportion. */

/** The points of each axis, and a value for each of their combinations, those of the last axis side by side. */
export interface Grid {
  readonly axes: readonly (readonly number[])[]
  readonly values: readonly number[]
}

const stride = ({ axes }: Grid, axis: number): number =>
  axes.slice(axis + 1).reduce((product, points) => product * points.length, 1)

/** The largest of the values up to a place along one axis, at every place. */
const increaseAlong = (grid: Grid, axis: number): Grid => {
  const [step, points] = [stride(grid, axis), grid.axes[axis]?.length ?? 1]
  const values = [...grid.values]
  values.forEach((value, at) => {
    if (Math.floor(at / step) % points > 0) values[at] = Math.max(value, values[at - step] ?? value)
  })
  return { ...grid, values }
}

/** A grid whose values fall along no axis: what was measured of more work never counts less. */
export const increasing = (grid: Grid): Grid =>
  grid.axes.reduce<Grid>((raised, _, axis) => increaseAlong(raised, axis), grid)

/** The point at or before a size, how far it is to the next, and how many times the size is the last. */
interface Cell {
  readonly index: number
  readonly part: number
  readonly beyond: number
}

const cellOf = (points: readonly number[], size: number): Cell => {
  const last = points.at(-1) ?? 1
  const index = Math.max(
    0,
    Math.min(
      points.length - 2,
      points.findLastIndex(point => point <= size),
    ),
  )
  const [from = 1, to = from] = [points[index], points[index + 1]]
  const within = Math.min(last, Math.max(from, size))
  const part = to > from ? Math.log(within / from) / Math.log(to / from) : 0
  return { index, part, beyond: Math.max(1, size / last) }
}

const between = (grid: Grid, cells: readonly Cell[], axis: number, at: number): number => {
  const cell = cells[axis]
  if (cell === undefined) return Math.log(grid.values[at] ?? Number.NaN)
  const here = at + cell.index * stride(grid, axis)
  const low = between(grid, cells, axis + 1, here)
  return cell.part === 0
    ? low
    : low + cell.part * (between(grid, cells, axis + 1, here + stride(grid, axis)) - low)
}

/**
 * The value at some sizes, of a grid that is increasing and positive.
 *
 * Law  the grid's own values at its points; never less for a larger size
 */
export const interpolate = (grid: Grid, sizes: readonly number[]): number => {
  const cells = grid.axes.map((points, axis) => cellOf(points, sizes[axis] ?? 1))
  const beyond = cells.reduce((product, cell) => product * cell.beyond, 1)
  return beyond * Math.exp(between(grid, cells, 0, 0))
}
