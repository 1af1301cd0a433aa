/** A term of a push that is a user's own: its name, its weight, and its function. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Value } from '../../graph/graph.js'
import type { Lowered } from '../../graph/lower.js'
import { finite, isRecord } from '../../io/codec.js'
import {
  callNamed,
  type FunctionError,
  type NamedFunction,
  namedFunction,
  wrongReturn,
} from '../../io/named-function.js'
import { show } from '../../io/text/show.js'
import { withArity } from '../../net/words/options.js'

/** What a term is computed from, in one step of training. */
export interface TermInputs extends Pick<Lowered, 'at' | 'logits' | 'weights'> {
  /** The features before the last layer. Shapes  [batch, size] */
  readonly features: Value
  /** Shapes  [batch, classes], each row a distribution */
  readonly targets: Value
}

/** A term of a user's own, as a schedule holds it. */
export interface PushTerm extends NamedFunction<(inputs: TermInputs) => Value> {
  readonly _tag: 'pushTerm'
  readonly weight: number
}

/**
 * A push term of your own: a function that builds one number from the values of a training step. `pushTerm` returns a
 * function of a weight; its result, given to a push, adds the term times that weight to the objective. A run's files hold
 * only its name, so that one name must always mean one function.
 *
 * Shapes  the term []
 *
 * @example
 * import { push } from 'espalier'
 * const sparse = pushTerm('sparse', ({ features }) => op.mean(op.abs(features)))
 * push({ epochs: 2, align: { terms: [sparse(0.01)] } })
 */
export const pushTerm = (name: string, term: (inputs: TermInputs) => Value) =>
  withArity(1, (weight: number): PushTerm => ({ _tag: 'pushTerm', name, weight, call: term }))

export const pushTermCodec = namedFunction<PushTerm>('pushTerm', { weight: finite })

const isValue = (u: unknown): u is Value => isRecord(u) && 'op' in u && 'shape' in u && Array.isArray(u.shape)

/** Errors  NoFunction, FunctionFailed; WrongReturn where it is not one number */
export const buildTerm =
  (inputs: TermInputs) =>
  (term: PushTerm): E.Either<FunctionError, Value> =>
    pipe(
      callNamed(term, call => call(inputs)),
      E.flatMap(value =>
        isValue(value) && value.shape.length === 0
          ? E.right(value)
          : E.left(
              wrongReturn(term)({
                _tag: 'DecodeError',
                at: '',
                expected: 'a value of shape []',
                got: isValue(value) ? `one of shape [${value.shape.join(', ')}]` : show(value),
              }),
            ),
      ),
    )
