/** Growing as a kind of step: a module, a branch or a width more, its training, and whether that paid. */
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  finite,
  forbid,
  nullable,
  positive,
  positiveWhole,
} from '../../../io/codec.js'
import { newRateCodec, trainCodec } from '../../../learn/codec.js'
import { growInitCodec } from '../../../surgery/codec.js'
import type { Grow, Step, Warmup } from '../../schedule/steps.js'
import type { StepKind } from '../kind.js'
import { checkGrow } from './check-grow.js'
import { isByRule, timesOf } from './growths.js'
import { growthsCodec, maxCodec } from './growths-codec.js'
import { netGrown } from './net-grown.js'
import { runGrow } from './run-grow.js'

const codec: StepKind<Grow>['codec'] = steps =>
  closedPartial(
    {
      _tag: t.literal('grow'),
      growths: growthsCodec,
      init: growInitCodec,
      exact: t.boolean,
      noise: positive,
      minDelta: finite,
      patience: positiveWhole,
      budget: closed({ params: nullable(positive), macs: nullable(positive), latency: nullable(positive) }),
      newRate: nullable(newRateCodec),
      warmup: nullable(trainCodec),
      steps,
    },
    { max: forbid(maxCodec.name) },
  )

/** What is run on each net met: a warm-up is one more step, before the others. */
export const stepsOf = ({ warmup, steps }: Pick<Grow, 'warmup' | 'steps'>): readonly (Step | Warmup)[] =>
  warmup === null ? steps : [{ ...warmup, _tag: 'warmup' }, ...steps]

export const growKind: StepKind<Grow> = {
  codec,
  check: checkGrow,
  run: (context, step) => runGrow(context, step, stepsOf(step)),
  loop: step => ({ word: 'growth', times: timesOf(step.growths), steps: stepsOf(step) }),
  netAfter: (step, netAfterSteps) => net => netAfterSteps(step.steps, netGrown(net, step)),
  mapFunctions: map => step =>
    isByRule(step.growths) ? { ...step, growths: { ...step.growths, rule: map(step.growths.rule) } } : step,
}
