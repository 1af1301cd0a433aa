/** A step run by itself, outside a run: nothing is saved, and nobody stops it. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Resources, RunContext } from '../context.js'
import { runStep } from '../steps/machine.js'
import type { StepContext } from '../steps/step-context.js'

const nothing = TE.right(undefined)

/** The context of a schedule that is one step; its events are emitted. */
export const standaloneContext = (resources: Resources, emit: RunContext['emit']): StepContext => ({
  ...resources,
  seed: 0,
  emit,
  logLength: () => 0,
  onStep: () => undefined,
  save: () => nothing,
  keep: () => nothing,
  stopping: () => false,
  pastChance: false,
  clock: () => 0,
  place: [0],
  target: null,
  budget: null,
  newRate: null,
  push: null,
  prune: null,
  runStep,
  addCut: () => undefined,
  addAccuracy: () => undefined,
  addMacs: () => undefined,
  addBestEpoch: () => undefined,
  pause: (_state, _inside, event) => (event === null ? nothing : emit(event)),
})
