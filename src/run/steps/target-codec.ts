/** Targets to and from JSON. */

import * as t from 'io-ts'
import { closed, keyed, notNegative, picked, positive } from '../../io/codec.js'
import type { LatencyTarget } from '../../learn/evaluation/latency-target.js'
import type { Amount, Target } from '../schedule/steps.js'

const amount: t.Type<Amount, unknown> = keyed<Amount>('an amount', {
  params: closed({ params: positive }),
  macs: closed({ macs: positive }),
  bytes: closed({ bytes: positive }),
})

const latency: t.Type<{ readonly latency: number }, unknown> = picked(
  'an amount',
  u => (Object.keys(u).length === 1 ? closed({ latency: positive }) : undefined),
  (u, context) => t.failure(u, context, 'only one of params, macs, bytes, latency'),
)

const hasLatency = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'latency' in value

export const targetCodec: t.Type<Target, unknown> = keyed<Target>('a target', {
  keep: closed({ keep: amount }),
  atMost: closed({ atMost: amount }),
  eta: closed({ eta: notNegative }),
})

const latencyTargetCodec: t.Type<LatencyTarget, unknown> = keyed<LatencyTarget>('a target', {
  keep: closed({ keep: latency }),
  atMost: closed({ atMost: latency }),
})

/** A target in what is counted, or in what is measured. */
export const pruneTargetCodec: t.Type<Target | LatencyTarget, unknown> = picked<Target | LatencyTarget>(
  'a target',
  u => (Object.values(u).some(hasLatency) ? latencyTargetCodec : targetCodec) as never, // each writes what it reads
  t.failure,
)
