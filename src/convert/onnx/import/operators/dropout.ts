/** Dropout: its rate is an attribute, or an input in later opsets. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decimal, uniformValue } from '../constant.js'
import {
  constantInput,
  differs,
  floatAttribute,
  hasInput,
  liveInput,
  type Operator,
  type Read,
  type Site,
} from '../site.js'

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
