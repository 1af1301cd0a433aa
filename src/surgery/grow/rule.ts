/** Growing by a rule of a user's own: a function from the model as it is to what grows next. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode, nullable } from '../../io/codec.js'
import {
  callNamed,
  type FunctionError,
  type NamedFunction,
  namedFunction,
  wrongReturn,
} from '../../io/named-function.js'
import type { Model } from '../../net/weights.js'
import { withArity } from '../../net/words/options.js'
import { growthCodec } from '../codec.js'
import type { Growth } from './options.js'

/** A rule of a user's own, as a schedule holds it. */
export interface GrowthRule extends NamedFunction<(model: Model, nth: number) => Growth | null> {
  readonly _tag: 'growthRule'
}

/**
 * A growth rule of your own: a function from the model as it is, and the number of growths before, to what grows next;
 * `null` ends the growing. Before anything trains, it is called on the net with its initial weights, as if every growth
 * gained. A run's files hold only its name, so that one name must always mean one function.
 *
 * @example
 * import { convBnAct, grow, train } from 'espalier'
 * grow({ rule: growthRule('deeper', (_, nth) => ({ deepen: 'a/three', module: convBnAct(8 + nth) })), max: 3 }, train())
 */
export const growthRule = withArity(
  2,
  (name: string, next: (model: Model, nth: number) => Growth | null): GrowthRule => ({
    _tag: 'growthRule',
    name,
    call: next,
  }),
)

export const growthRuleCodec = namedFunction<GrowthRule>('growthRule', {})

/** Errors  NoFunction, FunctionFailed, WrongReturn */
export const growthByRule =
  (rule: GrowthRule) =>
  (model: Model, nth: number): E.Either<FunctionError, Growth | null> =>
    pipe(
      callNamed(rule, call => call(model, nth)),
      E.flatMap(value => pipe(value, decode(nullable(growthCodec)), E.mapLeft(wrongReturn(rule)))),
    )
