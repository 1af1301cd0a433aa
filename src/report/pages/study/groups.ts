/** The runs of a study by variant: what it is, and the figures of all its seeds. */
import type { Features } from '../../../run/review/predictions.js'
import type { VariantRun } from '../../../run/study/runner.js'
import type { Latencies } from '../../tables/study.js'
import { groupByVariant } from '../../tables/study.js'
import { deviation, mean } from '../../text/statistics.js'

export interface StudyGroup {
  /** From 1, as a figure names it. */
  readonly number: number
  readonly name: string
  readonly facts: Readonly<Record<string, string | number>>
  readonly params: number
  readonly macs: number
  readonly bytes: number
  /** A number a seed: shares from 0 to 1; none where a variant has no such figure. */
  readonly raw: readonly number[]
  readonly repaired: readonly number[]
  readonly validation: readonly number[]
  readonly test: readonly number[]
  readonly scratch: readonly number[]
  /** Milliseconds of one image and of a hundred. */
  readonly latency: readonly [one: number, hundred: number] | null
  /** Of its first seed, before its pushes and after; none where it has no push. */
  readonly features: readonly Features[]
}

/** By name, the features of each variant's first seed around its pushes. */
export type PushedFeatures = ReadonlyMap<string, readonly Features[]>

const groupOf =
  (timed: Latencies, pushed: PushedFeatures) =>
  ([name, runs]: readonly [string, readonly VariantRun[]], nth: number): StudyGroup => {
    const some = (of: (run: VariantRun) => number | undefined) => runs.flatMap(run => of(run) ?? [])
    const [one, hundred] = timed.get(name) ?? []
    return {
      number: nth + 1,
      name,
      facts: runs[0]?.variant.facts ?? {},
      params: mean(some(({ result }) => result.params)),
      macs: mean(some(({ result }) => result.macs)),
      bytes: mean(some(({ bytes }) => bytes)),
      raw: some(({ cuts }) => cuts.at(-1)?.raw.accuracy),
      repaired: some(({ cuts }) => cuts.at(-1)?.repaired.accuracy),
      validation: some(({ result }) => result.stages.at(-1)?.validation.accuracy),
      test: some(({ result }) => result.test.accuracy),
      scratch: some(({ scratch }) => scratch?.test.accuracy),
      latency: one === undefined || hundred === undefined ? null : [one.median, hundred.median],
      features: pushed.get(name) ?? [],
    }
  }

export const studyGroups = (
  runs: readonly VariantRun[],
  timed: Latencies,
  pushed: PushedFeatures,
): readonly StudyGroup[] => [...groupByVariant(runs)].map(groupOf(timed, pushed))

export const testMean = ({ test }: StudyGroup): number => mean(test)

/** The standard deviation over seeds; 0 of a single one. */
export const testDeviation = ({ test }: StudyGroup): number => (test.length > 1 ? deviation(test) : 0)

/**
 * The variants that no other beats: none is at most as large and more accurate, or smaller and as accurate.
 *
 * Law  every variant that is left out is beaten by one that is in
 */
export const paretoFront = (groups: readonly StudyGroup[]): readonly StudyGroup[] => {
  const isBeaten = (group: StudyGroup): boolean =>
    groups.some(
      other =>
        other.params <= group.params &&
        testMean(other) >= testMean(group) &&
        (other.params < group.params || testMean(other) > testMean(group)),
    )
  return groups.filter(group => !isBeaten(group)).toSorted((a, b) => a.params - b.params)
}
