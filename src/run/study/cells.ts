/** A study as an index space: its cells by number, in the order they are run, and a name for what each computes. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { encodeFileName } from '../../io/text/file-name.js'
import type { Experiment } from '../schedule/experiment.js'
import { folderAt } from '../storage/folder.js'
import { digestOf, identityOf } from '../storage/identity.js'
import type { Settings } from '../storage/settings.js'
import type { Study, Variant } from './study.js'

/** A variant with one seed. */
export interface Cell {
  /** From 0. */
  readonly index: number
  readonly variant: Variant
  readonly seed: number
}

/** All seeds of a study. */
export const seedsOf = ({ seeds }: Study): readonly number[] =>
  Array.from({ length: seeds }, (_, seed) => seed)

/** Seed after seed, so that early tables are fair; of one seed, variant after variant. */
export const cellsOf = (study: Study): readonly Cell[] =>
  seedsOf(study)
    .flatMap(seed => study.variants.map(variant => ({ variant, seed })))
    .map((cell, index) => ({ index, ...cell }))

/** What a variant's shape, trained from its first weights, is called. */
export const scratchName = (name: string): string => `${name} from scratch`

/** The folder of a study's run. */
export const folderFor = (folder: string, name: string, seed: number): string =>
  join(folder, encodeFileName(name), `${seed}`)

/** A cell as it is named to people. */
export const cellText = ({ variant, seed }: Cell): string => `${variant.name}, seed ${seed}`

/** Whether all runs of a cell have their results. */
export const isDone = (folder: string, { variant: { name, scratch }, seed }: Cell): boolean =>
  [name, ...(scratch ? [scratchName(name)] : [])].every(run =>
    existsSync(folderAt(folderFor(folder, run, seed)).result),
  )

/** A name for a variant: its experiment, and whether its shape is trained from scratch as well. */
export const variantDigest = ({ experiment, scratch }: Variant): string => {
  const { net, data, schedule, from } = experiment
  return digestOf([net, data, schedule, from?.checksum ?? null, scratch])
}

/**
 * A name for what a cell computes.
 *
 * Law  two that differ in experiment, seed, engine, threads, data or code have two; where and by whom a cell is run
 *      changes nothing
 */
export const addressOf = (experiment: Experiment, scratch: boolean, settings: Settings): string =>
  digestOf([identityOf(experiment, settings), scratch, settings.code])

/**
 * The cell to begin next: of a seed that none under way has, as one seed's variants may share a beginning that is not
 * there yet; else the first.
 */
export const nextCell = (pending: readonly Cell[], running: readonly Cell[]): Cell | undefined =>
  pending.find(({ seed }) => running.every(other => other.seed !== seed)) ?? pending[0]
