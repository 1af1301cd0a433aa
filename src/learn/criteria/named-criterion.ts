/** A criterion of a user's own that a schedule can hold: its name, the evidence it asks for, and its function. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decode, predicateCodec } from '../../io/codec.js'
import { callNamed, type NamedFunction, namedFunction, wrongReturn } from '../../io/named-function.js'
import type { Model } from '../../net/weights.js'
import { optionsOf, unknownIn, withArity } from '../../net/words/options.js'
import { normalizeCodec } from '../../surgery/codec.js'
import type { PruneError } from '../../surgery/error.js'
import type { Normalize, Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import type { CriterionName, EvidenceName } from '../options.js'
import type { Activations } from './lda.js'
import type { Gradients } from './taylor.js'
import type { Traces } from './trace.js'

/** What a criterion is given beside the model, by the name it asks with. */
export interface EvidenceTypes extends Readonly<Record<EvidenceName, unknown>> {
  /** Nothing. */
  readonly weights: undefined
  /** By unit, the class moments of its pooled outputs. */
  readonly activations: Activations
  /** Batch by batch, the loss's gradients by the scale, shift or gate of each channel. */
  readonly gradients: readonly Gradients[]
  readonly deconvTrace: Traces
  readonly discriminantTrace: Traces
  readonly gradientTrace: Traces
  /** The effects on the loss that the push before has tracked. */
  readonly gradientUtility: Utilities
}

type CriterionFunction<Seen> = (model: Model, seen: Seen) => Utilities | E.Either<PruneError, Utilities>

/** A criterion of a user's own, as a schedule holds it. */
export interface NamedCriterion extends NamedFunction<CriterionFunction<never>> {
  readonly _tag: 'criterion'
  readonly evidence: EvidenceName
  /** How its utilities become comparable across layers, unless the prune says so. */
  readonly normalize: Normalize
}

/** A criterion of this project's by its name, or a user's own. */
export type AnyCriterion = CriterionName | NamedCriterion

/**
 * A criterion of your own for a schedule: a function from the model, and the evidence it asks for, to one utility per
 * channel of each layer it ranks. A run's files hold only its name, so that one name must always mean one function; to
 * resume, the file that defines it is loaded again.
 *
 * `evidence`   by default `'weights'`: the model alone
 * `normalize`  by default `'layer'`: the share of its group with a lower utility
 *
 * @example
 * const spread = criterion('spread', (_, seen) =>
 *   Object.fromEntries([...seen].map(([path, moments]) => [path, classVariance(moments).overall])),
 *   { evidence: 'activations' })
 * prune({ by: spread, keep: { params: 0.3 } })
 */
export const criterion = withArity(
  3,
  <N extends EvidenceName = 'weights'>(
    name: string,
    utilities: CriterionFunction<EvidenceTypes[N]>,
    options: { readonly evidence?: N; readonly normalize?: Normalize } = {},
  ): NamedCriterion => {
    const { evidence, normalize = 'layer', ...rest } = optionsOf(options)
    return {
      _tag: 'criterion',
      name,
      evidence: evidence ?? 'weights',
      normalize,
      call: utilities,
      ...unknownIn(rest, ['evidence', 'normalize']),
    }
  },
)

const evidenceCodec: t.Type<EvidenceName> = t.keyof({
  weights: null,
  activations: null,
  gradients: null,
  deconvTrace: null,
  discriminantTrace: null,
  gradientTrace: null,
  gradientUtility: null,
})

export const namedCriterionCodec: t.Type<NamedCriterion, unknown> = namedFunction('criterion', {
  evidence: evidenceCodec,
  normalize: normalizeCodec,
})

const isNumbers = (u: unknown): u is ArrayLike<number> =>
  Array.isArray(u) || (ArrayBuffer.isView(u) && !(u instanceof DataView))

const numbersCodec = predicateCodec('a list of numbers, one per channel', isNumbers)

const utilitiesCodec: t.Type<Utilities, unknown> = t.refinement(
  t.record(t.string, numbersCodec, "a record of each layer's utilities by its path"),
  utilities => Object.keys(utilities).length > 0,
  'the utilities of at least one layer',
)

const isEither = (value: unknown): value is E.Either<PruneError, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  '_tag' in value &&
  ['Left', 'Right'].includes(String(value._tag))

/**
 * The utilities that a criterion of a user's own returns for what was measured.
 *
 * Errors  NoFunction, FunctionFailed, WrongReturn; the criterion's own
 */
export const callCriterion =
  <N extends EvidenceName>(named: NamedCriterion & { readonly evidence: N }) =>
  (model: Model, seen: EvidenceTypes[N]): E.Either<LearnError, Utilities> =>
    pipe(
      callNamed(named, call => call(model, seen as never)), // of the evidence it was made for
      E.mapLeft((error): LearnError => error),
      E.flatMap(value => (isEither(value) ? value : E.right(value))),
      E.flatMap(value => pipe(value, decode(utilitiesCodec), E.mapLeft(wrongReturn(named)))),
    )
