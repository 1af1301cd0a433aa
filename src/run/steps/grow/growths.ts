/** What a step grows, one after another: a list, a rule of a user's own, or the best of candidates. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Path } from '../../../net/path.js'
import type { Net } from '../../../net/tree.js'
import { init, type Model } from '../../../net/weights.js'
import type { Grown } from '../../../surgery/grow/grow.js'
import type { Growth } from '../../../surgery/grow/options.js'
import { growthByRule } from '../../../surgery/grow/rule.js'
import { advanceSite, firstSitePath, sitePath } from '../../../surgery/grow/site.js'
import type { RunError } from '../../error.js'
import type { GradientGrowths, Growths, RuleGrowths } from '../../schedule/steps.js'

export const isByRule = (growths: Growths): growths is RuleGrowths => 'rule' in growths

export const isByGradient = (growths: Growths): growths is GradientGrowths => 'candidates' in growths

export const isListed = (growths: Growths): growths is readonly Growth[] => Array.isArray(growths)

export const timesOf = (growths: Growths): number => (isListed(growths) ? growths.length : growths.max)

/** The layer that the first growth names; `''` where a rule, or a gradient, will say. */
export const firstSite = (growths: Growths): Path => (isListed(growths) ? firstSitePath(growths) : '')

/** Of a list the `nth`, from 0, the last one at `last`. */
const listedGrowth = (growths: readonly Growth[], nth: number, last: Path): Growth | null => {
  const planned = growths[nth]
  return planned === undefined ? null : advanceSite(last)(planned)
}

const growthBy =
  ({ rule, max }: RuleGrowths, nth: number) =>
  (model: Model): E.Either<RunError, Growth | null> =>
    nth < max ? growthByRule(rule)(model, nth) : E.right(null)

/** Of candidates, as far as one can tell before a run: each in turn. */
const candidateInTurn = ({ candidates, max }: GradientGrowths, nth: number): Growth | null =>
  nth < max ? (candidates[nth % candidates.length] ?? null) : null

/** What grows as the `nth`, from 0, the last one at `last`; `null` where nothing more does. */
export const nthGrowth =
  (growths: readonly Growth[] | RuleGrowths, nth: number, last: Path) =>
  (model: Model): E.Either<RunError, Growth | null> =>
    isByRule(growths) ? growthBy(growths, nth)(model) : E.right(listedGrowth(growths, nth, last))

/** The same on the net alone, before anything trains: a rule is asked on its first weights. */
export const nthGrowthOf =
  (growths: Growths, nth: number, last: Path) =>
  (net: Net): E.Either<RunError, Growth | null> => {
    if (isByGradient(growths)) return E.right(candidateInTurn(growths, nth))
    return isByRule(growths)
      ? pipe(
          init(0)(net),
          E.mapLeft((error): RunError => error),
          E.flatMap(growthBy(growths, nth)),
        )
      : E.right(listedGrowth(growths, nth, last))
  }

/** The new layer, or what is wider. */
export const grownPath = (growth: Growth, { grown: [first] }: Grown): Path =>
  'widen' in growth ? growth.widen : (first ?? sitePath(growth))
