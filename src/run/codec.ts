/** Experiments to and from JSON. Law  decoding what was encoded gives an equal experiment */
import * as t from 'io-ts'
import { dataCodec } from '../data/codec.js'
import type { Optimizer } from '../graph/optimizer.js'
import type { Schedule } from '../learn/rate.js'
import { closed, count, finite, positive, share, tagged, whole } from '../net/closed.js'
import { netCodec } from '../net/codec.js'
import type { Experiment } from './experiment.js'
import type { Step } from './schedule.js'

const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const warmup = { warmup: count }

const rateSchedule: t.Type<Schedule, unknown> = tagged<Schedule>('a rate schedule', {
  constant: closed({ ...tag('constant'), ...warmup }),
  step: closed({ ...tag('step'), ...warmup, at: t.readonlyArray(share), factor: positive }),
  cosine: closed({ ...tag('cosine'), ...warmup, floor: share }),
})

const optimizer: t.Type<Optimizer, unknown> = tagged<Optimizer>('an optimizer', {
  sgd: closed({ ...tag('sgd'), momentum: share, nesterov: t.boolean, decay: finite }),
  adamw: closed({ ...tag('adamw'), beta1: share, beta2: share, epsilon: positive, decay: finite }),
})

const training = {
  epochs: count,
  batch: whole,
  rate: finite,
  schedule: rateSchedule,
  optimizer,
  smoothing: share,
  clip: t.union([positive, t.null]),
  balanced: t.boolean,
}

const step: t.Type<Step, unknown> = tagged<Step>('a step', {
  train: closed({ ...tag('train'), ...training }),
})

export const experimentCodec: t.Type<Experiment, unknown> = closed({
  ...tag('experiment'),
  net: netCodec,
  data: dataCodec,
  schedule: t.readonlyArray(step),
})
