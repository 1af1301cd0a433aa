/** What tells two experiments apart. */
import diff from 'microdiff'
import type { Difference } from '../error.js'
import { experimentCodec } from './codec.js'
import type { Experiment } from './experiment.js'

const text = (value: unknown): string => {
  const json = JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 59)}…` : json
}

const encoded = ({ from: _, ...experiment }: Experiment): object => Object(experimentCodec.encode(experiment))

/** Everywhere two experiments differ but in the model they begin with, which its checksum tells. */
export const differences = (began: Experiment, now: Experiment): readonly Difference[] =>
  diff(encoded(began), encoded(now)).map(each => ({
    at: each.path.join('.'),
    began: each.type === 'CREATE' ? 'nothing' : text(each.oldValue),
    now: each.type === 'REMOVE' ? 'nothing' : text(each.value),
  }))
