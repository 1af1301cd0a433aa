/** Targets to and from JSON, and the fields by which options name one. */
import type * as t from 'io-ts'
import { closed, keyed, notNegative, numbers, positive } from '../io/codec.js'
import type { AmountTarget, CountedAmount, CountedTarget, LatencyAmount, Target } from './prune/target.js'

const keptShare = numbers('a share above 0, at most 1', n => n > 0 && n <= 1)

type Figure = typeof keptShare

const counts = (figure: Figure) => ({
  params: closed({ params: figure }),
  macs: closed({ macs: figure }),
  bytes: closed({ bytes: figure }),
})

/** The values of `keep`, `atMost` and `eta`. */
interface TargetFields<A> {
  readonly keep: t.Type<A, unknown>
  readonly atMost: t.Type<A, unknown>
  readonly eta: Figure
}

const fieldsOf = <A>(amountOf: (figure: Figure) => t.Type<A, unknown>): TargetFields<A> => ({
  keep: amountOf(keptShare),
  atMost: amountOf(positive),
  eta: notNegative,
})

/** Any amount. */
export const targetFields = fieldsOf(figure =>
  keyed<CountedAmount | LatencyAmount>('an amount', {
    ...counts(figure),
    latency: closed({ latency: figure }),
  }),
)

/** Amounts that a net alone tells. */
export const countedTargetFields = fieldsOf(figure => keyed<CountedAmount>('an amount', counts(figure)))

/** How far to cut. */
export const targetCodec = keyed<AmountTarget | { readonly eta: number }>('a target', {
  keep: closed({ keep: targetFields.keep }),
  atMost: closed({ atMost: targetFields.atMost }),
  eta: closed({ eta: targetFields.eta }),
}) as t.Type<Target, unknown> // an amount is counted or a latency

/** How far to cut, by what a net alone tells. */
export const countedTargetCodec: t.Type<CountedTarget, unknown> = keyed<CountedTarget>('a target', {
  keep: closed({ keep: countedTargetFields.keep }),
  atMost: closed({ atMost: countedTargetFields.atMost }),
  eta: closed({ eta: countedTargetFields.eta }),
})
