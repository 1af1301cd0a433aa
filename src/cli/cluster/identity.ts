/** What every worker of a training must have alike, by name, and what the first tells the others of the run. */
import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { Dataset } from '../../data/dataset.js'
import type { Identity } from '../../engine/cluster/protocol.js'
import type { Native } from '../../engine/tensorflow/install/cache.js'
import { findNative } from '../../engine/tensorflow/native.js'
import { closed, closedPartial, naturalNumber } from '../../io/codec.js'
import { seedCodec } from '../../net/random.js'
import { experimentCodec } from '../../run/schedule/codec.js'
import type { Experiment } from '../../run/schedule/experiment.js'
import { codeNow } from '../../run/storage/code-version.js'
import { digestOf } from '../../run/storage/identity.js'

/** What a worker computes, beside its experiment. */
export interface Task {
  readonly seed: number
  readonly data: { readonly take?: number; readonly skipBad?: boolean }
  /** Whether the test is also scored by mirror images. */
  readonly mirror: boolean
  /** Whether it goes on from the files of a run. */
  readonly resumes: boolean
}

export const taskCodec: t.Type<Task, unknown> = closed({
  seed: seedCodec,
  data: closedPartial({}, { take: naturalNumber, skipBad: t.boolean }),
  mirror: t.boolean,
  resumes: t.boolean,
})

const tensorflowOf = (native: Native): string =>
  native.source === 'built' ? native.facts.tensorflow : 'of the npm package'

const nativeText = (): string =>
  O.match(
    () => 'none',
    (native: Native) => tensorflowOf(native),
  )(findNative())

/** Functions of a user's own stand by their names, as in a run's folder. */
export const identityOf = (
  experiment: Experiment,
  { checksum }: Pick<Dataset, 'checksum'>,
  { seed, data }: Pick<Task, 'seed' | 'data'>,
): Identity => {
  const { version, commit } = codeNow()
  const { net, schedule } = experimentCodec.encode(experiment) as { net: unknown; schedule: unknown } // as the codec says
  return {
    code: `${version}${commit === null ? '' : ` ${commit}`}`,
    Node: process.version,
    TensorFlow: nativeText(),
    net: digestOf(net),
    schedule: digestOf(schedule),
    weights: experiment.from?.checksum ?? 'none',
    'data checksum': checksum,
    'training images': `${data.take ?? 'all'}`,
    seed: `${seed}`,
  }
}
