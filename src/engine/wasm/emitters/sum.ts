/** Emits sums over some axes, as passes over neighbouring ones. */
import { elementAt } from '../../../io/element.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import { type Step, step } from '../planning/buffers.js'
import { copy } from './copy.js'
import { type Emitter, nth, shapeOf } from './emitter.js'

/** Neighbouring axes that are all summed, or all kept. */
interface AxisRun {
  readonly size: number
  readonly summed: boolean
}

const mergeSummedAxes = (shape: Shape, axes: readonly number[]): readonly AxisRun[] =>
  shape
    .map((size, axis) => ({ size, summed: axes.includes(axis) }))
    .filter(({ size }) => size > 1)
    .reduce<readonly AxisRun[]>((joined, next) => {
      const last = joined.at(-1)
      return last?.summed === next.summed
        ? [...joined.slice(0, -1), { size: last.size * next.size, summed: next.summed }]
        : [...joined, next]
    }, [])

const product = (runs: readonly AxisRun[]): number => runs.reduce((all, { size }) => all * size, 1)

/** One sum over neighbouring axes: [outer, middle, inner] → [outer, inner]. */
interface Pass {
  readonly outer: number
  readonly middle: number
  readonly inner: number
}

/** One pass for each run of summed axes, the last first. */
const passesOf = (runs: readonly AxisRun[]): readonly Pass[] => {
  const at = runs.findLastIndex(({ summed }) => summed)
  const middle = runs[at]
  if (middle === undefined) return []
  const [outer, inner] = [runs.slice(0, at), runs.slice(at + 1)]
  const pass = { outer: product(outer), middle: middle.size, inner: product(inner) }
  return [pass, ...passesOf([...outer, ...inner])]
}

/** Splits a long sum in two: over segments, in parallel, then over their results. */
const splitPass = (pass: Pass): readonly Pass[] => {
  const { outer, middle, inner } = pass
  return middle < 1024 || outer > 16 ? [pass] : [pass, { outer, middle: 16, inner }]
}

export const sum: Emitter<'sum'> = ({ value, inputs, output }) => {
  const passes = passesOf(mergeSummedAxes(shapeOf(value, 0), value.op.axes)).flatMap(splitPass)
  if (passes.length === 0) return copy([sizeOf(value.shape)], inputs, output)
  const sizes = passes.map((_, i) => {
    const next = passes[i + 1]
    return next === undefined ? 0 : next.outer * next.middle * next.inner
  })
  return {
    work: sizes.slice(0, -1),
    steps: (at, work) =>
      passes.map(({ outer, middle, inner }, i): Step => {
        const from = i === 0 ? at(nth(inputs, 0)) : elementAt(work, i - 1)
        const to = i === passes.length - 1 ? at(output) : elementAt(work, i)
        const segments = i === passes.length - 1 ? 1 : elementAt(sizes, i) / (outer * inner)
        return step('sum', outer * segments, segments, from, middle, inner, to)
      }),
  }
}
