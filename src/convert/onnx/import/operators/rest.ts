/** Operators of one kind each: Constant, Dropout, Softmax, and functions of constants. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf } from '../../../../net/shape.js'
import { constantOf, uniformValue } from '../constant.js'
import { constantIn } from '../file/tensor.js'
import { foldUnary } from '../fold.js'
import {
  attribute,
  constantInput,
  differs,
  floatAttribute,
  hasInput,
  intAttribute,
  liveInput,
  misfit,
  type Read,
  type Site,
} from '../site.js'
import { constantValue, type Value } from '../value.js'
import { countOf, dimsOf } from '../view.js'
import { decimal } from './norm.js'

type Operator = (site: Site) => Read<readonly Value[]>

/** A constant in the node itself. */
export const constant: Operator = site => {
  const tensor = attribute(site, 'value')?.t
  if (tensor !== undefined && tensor !== null)
    return E.map((value: ReturnType<typeof constantOf>) => [constantValue(value)])(
      constantIn(new Map())(tensor),
    )
  const [float, floats] = [attribute(site, 'value_float'), attribute(site, 'value_floats')]
  const [int, ints] = [attribute(site, 'value_int'), attribute(site, 'value_ints')]
  if (float !== undefined) return E.right([constantValue(constantOf([], false, Float32Array.of(float.f)))])
  if (int !== undefined) return E.right([constantValue(constantOf([], true, Float64Array.of(int.i)))])
  if (floats !== undefined)
    return E.right([
      constantValue(constantOf([floats.floats.length], false, Float32Array.from(floats.floats))),
    ])
  return ints === undefined
    ? differs(site, 'value', 'numbers', 'none')
    : E.right([constantValue(constantOf([ints.ints.length], true, Float64Array.from(ints.ints)))])
}

const rateOf = (site: Site): Read<number> =>
  hasInput(site, 1)
    ? pipe(
        constantInput(site, 1),
        E.map(ratio => uniformValue(ratio) ?? 0.5),
      )
    : E.right(floatAttribute(site, 'ratio', 0.5))

/** Dropout, which acts while training alone. */
export const dropout: Operator = site =>
  pipe(
    liveInput(site, 0),
    E.bindTo('from'),
    E.bind('rate', () => E.map(decimal)(rateOf(site))),
    E.flatMap(({ from, rate }) => {
      if (rate === 0) return E.right([from])
      return rate > 0 && rate < 1
        ? E.right([site.draft.addLeaf(site.node, from, { _tag: 'dropout', name: '', rate }, {}, from)])
        : differs(site, 'ratio', 'a number ≥ 0 and < 1', `${rate}`)
    }),
  )

/** A softmax over the classes: the outputs of a net are the logits before it. */
export const softmax: Operator = site =>
  pipe(
    liveInput(site, 0),
    E.flatMap((logits): Read<readonly Value[]> => {
      const rank = logits.view.length
      const axis = intAttribute(site, 'axis', site.opset < 13 ? 1 : -1)
      const spans = logits.view[axis < 0 ? axis + rank : axis] ?? []
      const isOverAll = countOf(spans) === channelsOf(logits.shape)
      const fault = misfit(
        site,
        'place',
        'the end of the model',
        `a softmax inside it, over ${dimsOf(logits.view).join(' × ')}`,
      )
      return isOverAll
        ? E.right([{ _tag: 'softmax', logits, fault }])
        : E.left(misfit(site, 'axis', 'the classes', `${axis} of ${dimsOf(logits.view).join(' × ')}`))
    }),
  )

/** A function of each number of a constant. */
export const onConstant =
  (operate: (a: number) => number): Operator =>
  site =>
    pipe(
      constantInput(site, 0),
      E.flatMap(value => foldUnary(site, operate, value)),
      E.map(value => [constantValue(value)]),
    )
