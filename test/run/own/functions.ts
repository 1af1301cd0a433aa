/** Functions of a user's own, and an experiment that has one of each kind. */
import { glyphs } from '../../../src/data/spec.js'
import * as op from '../../../src/graph/operations.js'
import { decode } from '../../../src/io/codec.js'
import { criterion } from '../../../src/learn/criteria/named-criterion.js'
import { pushTerm } from '../../../src/learn/push/push-term.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { layersOf } from '../../../src/net/layers.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { experimentCodec } from '../../../src/run/schedule/codec.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import { growthRule } from '../../../src/surgery/grow/rule.js'
import { right } from '../../support/nets/surgery.js'
import { tinyNet } from '../../support/nets/tiny.js'

export const learning = { epochs: 1, batchSize: 9, lrSchedule: constant({ warmup: 2 }) }

export const spread = criterion(
  'spread',
  (_, seen) =>
    Object.fromEntries(
      [...seen].map(([path, moments]) => [path, Array.from({ length: moments.size }, (_, c) => c)]),
    ),
  { evidence: 'activations' },
)
/** By the net alone: were it asked again of a net that has grown, it would end the growing. */
export const wider = growthRule('wider', ({ net: now }) =>
  layersOf(now).has('grown') ? null : { after: 'module', module: convBnAct(7, 1, { name: 'grown' }) },
)
export const sparse = pushTerm('sparse', ({ features }) => op.mean(op.abs(features)))

export const own: Experiment = experiment(
  tinyNet,
  glyphs(),
  grow({ rule: wider, max: 3 }, train(learning)),
  untilTarget(
    { keep: { params: 0.6 }, rounds: 2 },
    push({ ...learning, align: { terms: [sparse(0.01)] } }),
    prune({ by: spread, images: 27 }),
  ),
  train(learning),
)

/** As a run's folder has it. */
export const stored = (of: Experiment): Experiment =>
  right(decode(experimentCodec)(JSON.parse(JSON.stringify(experimentCodec.encode(of)))))

export const thrown = (): never => {
  throw new Error('no such thing')
}
