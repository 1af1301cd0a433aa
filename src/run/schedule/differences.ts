/** What tells two experiments apart. */
import diff from 'microdiff'
import type { Difference } from '../error.js'
import { experimentCodec } from './codec.js'
import type { Experiment } from './experiment.js'

const text = (value: unknown): string => {
  const json = JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 59)}…` : json
}

/** Everywhere two experiments differ. */
export const differences = (began: Experiment, now: Experiment): readonly Difference[] =>
  diff(Object(experimentCodec.encode(began)), Object(experimentCodec.encode(now))).map(each => ({
    at: each.path.join('.'),
    began: each.type === 'CREATE' ? 'nothing' : text(each.oldValue),
    now: each.type === 'REMOVE' ? 'nothing' : text(each.value),
  }))
