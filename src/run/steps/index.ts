/** The kinds of steps there are: nothing else knows. */
import { type Grow, growKind } from './grow.js'
import { type Initialize, initializeKind } from './initialize.js'
import type { StepKind } from './kind.js'
import { type Prune, pruneKind } from './prune.js'
import { type Push, pushKind } from './push.js'
import { type Rounds, roundsKind } from './rounds.js'
import { type Train, trainKind } from './train.js'

/** One thing that happens to a model. */
export type Step = Initialize | Train | Push | Prune | Rounds | Grow

export const stepKinds = {
  initialize: initializeKind,
  train: trainKind,
  push: pushKind,
  prune: pruneKind,
  grow: growKind,
  rounds: roundsKind,
} satisfies { readonly [K in Step['_tag']]: StepKind<Extract<Step, { readonly _tag: K }>> }
