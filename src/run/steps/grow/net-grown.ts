/** The net that a step leaves, before a run. */
import * as E from 'fp-ts/lib/Either.js'
import type { Net } from '../../../net/tree.js'
import { type GrownPreview, previewGrowth } from '../../schedule/growth-preview.js'
import type { Grow } from '../../schedule/steps.js'
import { firstSite, nthGrowthOf, timesOf } from './growths.js'

/** The net after so many growths, as far as one can tell before a run. */
export const netGrown = (
  net: Net,
  { growths, exact }: Pick<Grow, 'growths' | 'exact'>,
  times = timesOf(growths),
): Net => {
  let grown: GrownPreview = { net, last: firstSite(growths) }
  for (let nth = 0; nth < times; nth++) {
    const growth = nthGrowthOf(growths, nth, grown.last)(grown.net)
    if (E.isLeft(growth) || growth.right === null) break // which is refused, or the end
    grown = previewGrowth(grown.net, growth.right, exact)
  }
  return grown.net
}
