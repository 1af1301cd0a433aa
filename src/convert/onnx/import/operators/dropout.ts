/** Dropout: its rate is an attribute, or an input in later opsets. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decimal, uniformValue } from '../constant.js'
import type { Operator, Read, Site } from '../site.js'

const rateOf = (site: Site): Read<number> =>
  site.hasInput(1)
    ? pipe(
        site.constant(1),
        E.map(ratio => uniformValue(ratio) ?? 0.5),
      )
    : E.right(site.float('ratio', 0.5))

/** Dropout, which acts while training alone. */
export const dropout: Operator = site =>
  pipe(
    site.live(0),
    E.bindTo('from'),
    E.bind('rate', () => E.map(decimal)(rateOf(site))),
    E.flatMap(({ from, rate }) => {
      if (rate === 0) return E.right([from])
      return rate > 0 && rate < 1
        ? E.right([site.draft.addLeaf(site.node, from, { _tag: 'dropout', name: '', rate }, {}, from)])
        : site.differs('ratio', 'a number ≥ 0 and < 1', `${rate}`)
    }),
  )
