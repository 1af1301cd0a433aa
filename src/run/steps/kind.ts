/** What the machine asks of a kind of step: how it is read, checked, run and counted. It knows no kind. */
import type * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import type { NamedCriterion } from '../../learn/criteria/named-criterion.js'
import type { TrainOptions } from '../../learn/options.js'
import type { PushTerm } from '../../learn/push/push-term.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Net } from '../../net/tree.js'
import type { GrowthRule } from '../../surgery/grow/rule.js'
import type { CountedTarget } from '../../surgery/prune/target.js'
import type { RunError } from '../error.js'
import type { Neighbours } from '../schedule/neighbours.js'
import type { Step, Warmup } from '../schedule/steps.js'
import type { RunStep } from './step-context.js'

/** What is known before a step, before anything trains: the net has all that was to grow, and nothing is cut. */
export interface CheckState {
  readonly net: CheckedNet
  /** Whether the last training measured the gradient utility. */
  readonly evidence: boolean
  /** Whether a net before a cut was kept as teacher. */
  readonly teacher: boolean
  /** Whether something was cut, so that the net is smaller than it is here. */
  readonly cut: boolean
}

export type CheckResult = E.Either<RunError, CheckState>

/** Where a step stands while a schedule is checked. */
export interface CheckContext extends Neighbours {
  /** The steps' numbers from the outermost in, from 0. */
  readonly at: string
  /** The target of the rounds around it, if any. */
  readonly target: CountedTarget | null
  /** Validation images. */
  readonly validation: number
  /** Checks steps inside the step, one after another; given, since steps hold steps. */
  readonly checkSteps: (context: CheckContext, steps: readonly Step[]) => (state: CheckState) => CheckResult
}

/** Steps that a step repeats. */
export interface Loop {
  readonly word: 'round' | 'growth'
  readonly times: number
  readonly steps: readonly (Step | Warmup)[]
}

/** How a step is run and counted. */
export interface Runnable<S> {
  readonly run: RunStep<S>
  /** Of a step that trains by itself. */
  readonly training?: (step: S) => TrainOptions
  /** Of a step that repeats others. */
  readonly loop?: (step: S) => Loop
}

/** A function of a user's own that a step names. */
export type OwnFunction = NamedCriterion | GrowthRule | PushTerm

/** Gives another function for each. */
export type MapFunction = <F extends OwnFunction>(own: F) => F

/** A kind of step. */
export interface StepKind<S> extends Runnable<S> {
  /** How it is read and written; `steps`: the codec of steps inside it. */
  readonly codec: (steps: t.Type<readonly Step[], unknown>) => t.Type<S, unknown>
  /** Whether it can run, as far as the net alone tells, and what is known after it. */
  readonly check: (context: CheckContext, step: S) => (state: CheckState) => CheckResult
  /** The net it leaves where all that grows pays and nothing is cut: by default the one it was given. */
  readonly netAfter?: (step: S, netAfterSteps: (steps: readonly Step[], net: Net) => Net) => (net: Net) => Net
  /** The step with each function it names mapped, but for those of steps inside it. */
  readonly mapFunctions?: (map: MapFunction) => (step: S) => S
}

/** The kind of a step, by a table in which each tag has its own. */
export const kindIn =
  <K>(table: Readonly<Record<string, unknown>>) =>
  ({ _tag }: Step | Warmup): K => {
    const kind = table[_tag]
    if (kind === undefined) throw new Error(`no kind of step is called ${_tag}`)
    return kind as K // it is asked for steps of its own tag
  }
