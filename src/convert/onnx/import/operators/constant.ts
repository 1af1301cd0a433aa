/** Constant, and functions of constants. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { constantOf } from '../constant.js'
import { constantIn } from '../file/tensor.js'
import { foldUnary } from '../fold.js'
import type { Operator } from '../site.js'
import { constantValue } from '../value.js'

/** A constant in the node itself. */
export const constant: Operator = site => {
  const tensor = site.attribute('value')?.t
  if (tensor !== undefined && tensor !== null)
    return E.map((value: ReturnType<typeof constantOf>) => [constantValue(value)])(
      constantIn(new Map())(tensor),
    )
  const [float, floats] = [site.attribute('value_float'), site.attribute('value_floats')]
  const [int, ints] = [site.attribute('value_int'), site.attribute('value_ints')]
  if (float !== undefined) return E.right([constantValue(constantOf([], false, Float32Array.of(float.f)))])
  if (int !== undefined) return E.right([constantValue(constantOf([], true, Float64Array.of(int.i)))])
  if (floats !== undefined)
    return E.right([
      constantValue(constantOf([floats.floats.length], false, Float32Array.from(floats.floats))),
    ])
  return ints === undefined
    ? site.differs('value', 'numbers', 'none')
    : E.right([constantValue(constantOf([ints.ints.length], true, Float64Array.from(ints.ints)))])
}

/** A function of each number of a constant. */
export const onConstant =
  (operate: (a: number) => number): Operator =>
  site =>
    pipe(
      site.constant(0),
      E.flatMap(value => foldUnary(site, operate, value)),
      E.map(value => [constantValue(value)]),
    )
