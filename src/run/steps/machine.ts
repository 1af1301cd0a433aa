/** Schedules read, checked, run and counted: what the table of kinds gives, kind by kind. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { list, tagged } from '../../io/codec.js'
import type { TrainOptions } from '../../learn/options.js'
import type { Net } from '../../net/tree.js'
import { neighboursOfStep } from '../schedule/neighbours.js'
import type { Step, Warmup } from '../schedule/steps.js'
import { warmupKind } from './grow/warmup.js'
import { stepKinds } from './index.js'
import type { CheckContext, CheckResult, CheckState, Loop, MapFunction, Runnable, StepKind } from './kind.js'
import type { RunStep } from './step-context.js'

type Steps = readonly (Step | Warmup)[]

const kinds: Readonly<Record<string, StepKind<Step>>> = stepKinds as never // each is asked for steps of its own tag
const runnables: Readonly<Record<string, Runnable<Step | Warmup>>> = {
  ...stepKinds,
  warmup: warmupKind,
} as never // likewise

const noKind = ({ _tag }: Step | Warmup): never => {
  throw new Error(`no kind of step is called ${_tag}`)
}

const kindOf = (step: Step): StepKind<Step> => kinds[step._tag] ?? noKind(step)

const runnableOf = (step: Step | Warmup): Runnable<Step | Warmup> => runnables[step._tag] ?? noKind(step)

/** A step as JSON. */
export const stepCodec: t.Type<Step, unknown> = t.recursion('a step', () =>
  tagged<Step>(
    'a step',
    Object.fromEntries(
      Object.entries(kinds).map(([tag, { codec }]) => [tag, codec(list(stepCodec))]),
    ) as never, // keyed by the tags of the table
  ),
)

export const runStep: RunStep<Step | Warmup> = (context, step) => runnableOf(step).run(context, step)

/** Checks steps one after another, before anything trains. */
export const checkSteps =
  (around: CheckContext, steps: readonly Step[]) =>
  (state: CheckState): CheckResult =>
    steps.reduce<CheckResult>((before, step, nth) => {
      const context: CheckContext = {
        ...around,
        ...neighboursOfStep(steps, nth, around),
        at: around.at === '' ? `${nth}` : `${around.at}/${nth}`,
      }
      return pipe(before, E.flatMap(kindOf(step).check(context, step)))
    }, E.right(state))

/** The steps a step repeats; `null` of one that repeats none. */
export const loopOf = (step: Step | Warmup): Loop | null => runnableOf(step).loop?.(step) ?? null

/** The epochs of a step: the most there can be, as rounds and growing may end before their number is up. */
const epochsOf = (step: Step | Warmup): number => {
  const loop = loopOf(step)
  return loop === null ? (runnableOf(step).training?.(step).epochs ?? 0) : loop.times * epochsIn(loop.steps)
}

/** The epochs of some steps, at most. */
export const epochsIn = (steps: Steps): number => steps.reduce((sum, step) => sum + epochsOf(step), 0)

/** Every training in some steps. */
export const trainingsIn = (steps: Steps): readonly TrainOptions[] =>
  steps.flatMap(step => {
    const own = runnableOf(step).training?.(step)
    return [...(own === undefined ? [] : [own]), ...trainingsIn(loopOf(step)?.steps ?? [])]
  })

/** The net that steps leave where all that grows pays and nothing is cut. */
export const netAfterSteps = (steps: readonly Step[], net: Net): Net =>
  steps.reduce((before, step) => kindOf(step).netAfter?.(step, netAfterSteps)(before) ?? before, net)

/** Steps with each function of a user's own mapped, those of steps inside them too. */
export const mapFunctions =
  (map: MapFunction) =>
  (steps: readonly Step[]): readonly Step[] =>
    steps.map(step => {
      const mapped = kindOf(step).mapFunctions?.(map)(step) ?? step
      return 'steps' in mapped ? { ...mapped, steps: mapFunctions(map)(mapped.steps) } : mapped
    })
