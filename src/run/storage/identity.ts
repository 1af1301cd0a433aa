/** Names for what runs compute: a run is a function of its experiment and of what is fixed beside it. */
import { createHash } from 'node:crypto'
import { isRecord } from '../../io/codec.js'
import type { Experiment } from '../schedule/experiment.js'
import { fixedSettings, type Settings } from './settings.js'

const sorted = (_: string, value: unknown): unknown =>
  isRecord(value) && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** A name for a value as JSON. */
export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex').slice(0, 24)

/**
 * A name for the first steps of a run, or for all of it.
 *
 * Law  an experiment read back from its folder has the name it had; two that differ in any step named, or in anything
 *      fixed, have two
 */
export const identityOf = (
  { net, data, schedule, from }: Experiment,
  settings: Settings,
  steps = schedule.length,
): string =>
  digestOf([
    net,
    data,
    schedule.slice(0, steps),
    fixedSettings(settings),
    ...(from === undefined ? [] : [from.checksum]),
  ])
