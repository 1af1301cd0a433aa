/** What a run is made with, as MLflow's parameters: names and texts. */

import * as E from 'fp-ts/lib/Either.js'
import { isRecord } from '../../io/codec.js'
import { countMacs, countParams } from '../../net/counts.js'
import { infer } from '../../net/infer.js'
import { experimentCodec } from '../../run/schedule/codec.js'
import type { StoredRun } from '../../run/storage/stored-run.js'

export interface Parameter {
  readonly key: string
  readonly value: string
}

/** The longest text that every server stores. */
const longest = 500

/** Numbers, texts and flags under the keys that lead to them, joined by slashes; steps count from 1. */
const flatten = (key: string, value: unknown): readonly Parameter[] => {
  if (Array.isArray(value)) return value.flatMap((each, nth) => flatten(`${key}/${nth + 1}`, each))
  if (isRecord(value))
    return Object.entries(value).flatMap(([name, each]) => flatten(`${key}/${name.replace(/^_/, '')}`, each))
  return value === null || value === undefined ? [] : [{ key, value: `${value}`.slice(0, longest) }]
}

/** Its schedule as the run's folder holds it. */
const scheduleOf = ({ experiment }: StoredRun): unknown => {
  const encoded: unknown = experimentCodec.encode(experiment)
  return isRecord(encoded) && 'schedule' in encoded ? encoded.schedule : []
}

/** The size of the net that the run begins with. */
const sizesOf = ({ experiment }: StoredRun): Readonly<Record<string, number>> => {
  const net = infer(experiment.net)
  return E.isRight(net) ? { parameters: countParams(net.right), macs: countMacs(net.right) } : {}
}

export const parametersOf = (run: StoredRun): readonly Parameter[] => {
  const { experiment, settings } = run
  const { seed, engine, data } = settings
  return [
    ...flatten('net', { name: experiment.net.name, ...sizesOf(run) }),
    ...flatten('data', { name: experiment.data.name, take: data.take, checksum: data.checksum }),
    ...flatten('seed', seed),
    ...flatten('engine', engine),
    ...flatten('schedule', scheduleOf(run)),
  ]
}
