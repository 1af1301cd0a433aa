/** What the first worker tells the others, and what they answer. */
import * as t from 'io-ts'
import { closed, list, naturalNumber } from '../../io/codec.js'

/** What every worker must have alike, by name: the code, the net, the data, the seed, … */
export type Identity = Readonly<Record<string, string>>

/** The first request: a run to take part in. */
export interface Invitation {
  /** A name for this start of the run. */
  readonly run: string
  /** Who asks. */
  readonly leader: string
  readonly rank: number
  /** TensorFlow's addresses, of all workers. */
  readonly servers: readonly string[]
  readonly threads: number
  readonly syncBatchNorm: boolean
  readonly identity: Identity
  /** What is left to whoever runs it, as JSON. */
  readonly task: string
}

export const invitationCodec: t.Type<Invitation, unknown> = closed({
  run: t.string,
  leader: t.string,
  rank: naturalNumber,
  servers: list(t.string),
  threads: naturalNumber,
  syncBatchNorm: t.boolean,
  identity: t.readonly(t.record(t.string, t.string)),
  task: t.string,
})

/** Yes, or why not. */
export type Answer =
  | { readonly _tag: 'yes' }
  | { readonly _tag: 'busy'; readonly leader: string }
  | { readonly _tag: 'differs'; readonly what: string; readonly here: string; readonly there: string }
  | { readonly _tag: 'no'; readonly reason: string }

export const answerCodec: t.Type<Answer, unknown> = t.union([
  closed({ _tag: t.literal('yes') }),
  closed({ _tag: t.literal('busy'), leader: t.string }),
  closed({ _tag: t.literal('differs'), what: t.string, here: t.string, there: t.string }),
  closed({ _tag: t.literal('no'), reason: t.string }),
])

/** The first of these that another has otherwise. */
export const compareIdentity = (here: Identity, there: Identity): Answer => {
  const what = Object.keys(here).find(name => here[name] !== there[name])
  return what === undefined
    ? { _tag: 'yes' }
    : { _tag: 'differs', what, here: here[what] ?? '', there: there[what] ?? 'nothing' }
}
