/** A kind of step for tests, all in one file: it scales a weight. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, positive } from '../../../src/io/codec.js'
import { parentPath } from '../../../src/net/path.js'
import type { Model } from '../../../src/net/weights.js'
import type { Step } from '../../../src/run/schedule/steps.js'
import type { StepKind } from '../../../src/run/steps/kind.js'

export interface Scale {
  readonly _tag: 'scale'
  readonly weight: string
  readonly by: number
}

/** The word of a schedule; to the types of the schedule it is unknown, as the table in `src` does not have it. */
export const scale = (weight: string, by: number): Step => ({ _tag: 'scale', weight, by }) as never

export const scaled =
  (weight: string, by: number) =>
  (model: Model): Model => {
    const { weights } = model
    const { shape, data } = weights[weight] ?? { shape: [], data: new Float32Array() }
    return { ...model, weights: { ...weights, [weight]: { shape, data: data.map(value => value * by) } } }
  }

export const scaleKind: StepKind<Scale> = {
  codec: () => closed({ _tag: t.literal('scale'), weight: t.string, by: positive }),
  check:
    (_, { weight }) =>
    state =>
      state.net.layers.has(parentPath(weight))
        ? E.right(state)
        : E.left({ _tag: 'UnknownPath', at: parentPath(weight), where: 'weight' }),
  run:
    (_, { weight, by }) =>
    ({ learner, ...state }) =>
      pipe({ ...state, learner: { ...learner, model: scaled(weight, by)(learner.model) } }, TE.right),
}
