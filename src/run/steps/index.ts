/** The kinds of steps there are: nothing else knows. */
import type { Step } from '../schedule/steps.js'
import { growKind } from './grow/grow.js'
import { initializeKind } from './initialize.js'
import { kindIn, type StepKind } from './kind.js'
import { pruneKind } from './prune.js'
import { pushKind } from './push.js'
import { regrowKind } from './regrow/regrow.js'
import { roundsKind } from './rounds.js'
import { trainKind } from './train/train.js'

export const stepKinds = {
  initialize: initializeKind,
  train: trainKind,
  push: pushKind,
  prune: pruneKind,
  grow: growKind,
  rounds: roundsKind,
  regrow: regrowKind,
} satisfies { readonly [K in Step['_tag']]: StepKind<Extract<Step, { readonly _tag: K }>> }

/** The kind of a step. */
export const kindOf = kindIn<StepKind<Step>>(stepKinds)
