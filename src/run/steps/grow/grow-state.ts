/** Where growing is, and the net it holds others against: the last that paid. */
import { accuracyOf, type Score } from '../../../learn/evaluation/score.js'
import type { Cursor } from '../../cursor.js'
import type { Grow, Step, Warmup } from '../../schedule/steps.js'
import { keepAt } from '../../storage/kept-models.js'
import { placeText, type StepContext, type StepState } from '../step-context.js'
import { firstSite } from './growths.js'

export type GrowCursor = Extract<Cursor, { readonly _tag: 'growing' }>

/** Where growing is: what the step has changed, and its cursor. */
export interface GrowState {
  readonly state: StepState
  readonly cursor: GrowCursor
}

/** The step, what it runs on each net, and where it stands. */
export interface GrowContext {
  readonly context: StepContext
  readonly step: Grow
  readonly steps: readonly (Step | Warmup)[]
}

export const firstCursor = ({ growths }: Grow, score: Score): GrowCursor => ({
  _tag: 'growing',
  grown: 0,
  last: firstSite(growths),
  best: accuracyOf(score),
  stale: 0,
  exact: true,
  step: 0,
  inner: null,
})

/** Whether a growth is done, its training under way. */
export const isTraining = ({ step, inner }: GrowCursor): boolean => step > 0 || inner !== null

/** Keeps a net as the best so far, to come back to. */
export const withBest = ({ place }: StepContext, state: StepState): StepState => ({
  ...state,
  models: keepAt('best', placeText(place))(state.learner.model)(state.models),
})

/** The best net so far, its optimizer as new; what there is where none was kept. */
export const restoreBest = ({ place }: StepContext, state: StepState): StepState => {
  const model = state.models.best[placeText(place)]
  return model === undefined ? state : { ...state, learner: { model, slots: {} } }
}
