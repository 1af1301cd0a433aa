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
 * A rule of one's own for growing: a function from the model as it is, and how often it has grown, from 0, to what grows
 * next; `null` ends the growing. Before anything trains, it is asked on the net's first weights, as if every growth
 * paid. In the files of a run stands its name, which therefore stands for what the function computes.
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
