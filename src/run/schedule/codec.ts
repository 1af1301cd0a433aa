/** Experiments and studies to and from JSON. Law  decoding what was encoded gives an equal one */
import * as t from 'io-ts'
import { dataCodec } from '../../data/codec.js'
import { closed, closedPartial, forbid, list, tag, tagged, wholeFrom } from '../../io/codec.js'
import { netCodec } from '../../net/codec.js'
import { originCodec } from '../standalone/origin.js'
import { stepKinds } from '../steps/index.js'
import type { Study } from '../study/study.js'
import type { Experiment } from './experiment.js'
import type { Step } from './steps.js'

/** A step as JSON. */
const stepCodec: t.Type<Step, unknown> = t.recursion('a step', () =>
  tagged<Step>(
    'a step',
    Object.fromEntries(
      Object.entries(stepKinds).map(([tag, { codec }]) => [tag, codec(list(stepCodec))]),
    ) as never, // keyed by the tags of the table
  ),
)

/** An experiment as JSON. */
export const experimentCodec: t.Type<Experiment, unknown> = closedPartial(
  { ...tag('experiment'), net: netCodec, data: dataCodec, schedule: list(stepCodec) },
  { from: originCodec },
  'an experiment',
)

/** What of an experiment is checked before anything trains. */
export const checkedCodec: t.Type<Pick<Experiment, 'net' | 'schedule'>, unknown> = closed({
  net: netCodec,
  schedule: list(stepCodec),
})

const variant = closed({
  name: t.string,
  facts: t.readonly(t.record(t.string, t.union([t.string, t.number]))),
  experiment: experimentCodec,
  scratch: t.boolean,
})

/** Each is a run of every variant. */
const mostSeeds = 10_000

/** A study as JSON; one with functions of a user's own has their names alone. */
export const studyCodec: t.Type<Study, unknown> = closedPartial(
  {
    ...tag('study'),
    name: t.string,
    seeds: wholeFrom(1, mostSeeds),
    variants: list(variant),
  },
  { scratch: forbid('criteria of the ablation') },
  'a study',
)
