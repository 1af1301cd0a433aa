/** A study's results: a row for each run as JSON, and tables of means and deviations. */
import { groupBy } from '../../io/count.js'
import type { Latency } from '../../learn/evaluation/latency.js'
import type { CutScores, Result, Scored } from '../../run/events.js'
import type { Settings } from '../../run/storage/settings.js'
import type { VariantRun } from '../../run/study/runner.js'
import type { Study } from '../../run/study/study.js'
import { compact, milliseconds, thousands } from '../text/numbers.js'
import { commonProvenance, engineText, type Provenance, provenanceText } from '../text/provenance.js'
import { mean, meanWithDeviation } from '../text/statistics.js'
import { markdown } from './markdown.js'

/** The accuracies of a prune: right after it, and recalibrated. */
interface Scores {
  readonly raw?: number
  readonly repaired?: number
}

/** The figures of one run. */
interface Figures extends Scores {
  readonly seed: number
  readonly params: number
  readonly macs: number
  readonly trainingMacs?: number
  readonly bytes: number
  readonly validation?: number
  readonly retrained: number
  readonly scratch?: number
  readonly cuts?: readonly (Scores & { readonly params: number })[]
}

/**
 * One run: a variant's name or facts, its figures, and its provenance where runs differ in it. Accuracies are 0–1: `raw`
 * and `repaired` on validation, after the last prune and, where there are several, in `cuts` after each; at the end
 * `validation`, to choose by, and on the test `retrained` and `scratch`.
 */
export type Row = Figures & Partial<Provenance> & { readonly [fact: string]: unknown }

const scoresOf = (cut: CutScores | undefined): Scores =>
  cut === undefined ? {} : { raw: cut.raw.accuracy, repaired: cut.repaired.accuracy }

const lastOf = ({ cuts }: VariantRun): CutScores | undefined => cuts.at(-1)

/** After the last step; none where the schedule has no step. */
const validationOf = ({ result }: VariantRun): number | undefined => result.stages.at(-1)?.validation.accuracy

const figuresOf = (run: VariantRun): Figures => {
  const validation = validationOf(run)
  return {
    seed: run.seed,
    params: run.result.params,
    macs: run.result.macs,
    ...(run.result.trainingMacs !== undefined && { trainingMacs: run.result.trainingMacs }),
    bytes: run.bytes,
    ...scoresOf(lastOf(run)),
    ...(validation !== undefined && { validation }),
    retrained: run.result.test.accuracy,
    ...(run.scratch !== null && { scratch: run.scratch.test.accuracy }),
    ...(run.cuts.length > 1 && {
      cuts: run.cuts.map(cut => ({ params: cut.params, ...scoresOf(cut) })),
    }),
  }
}

const resultsOf = (runs: readonly VariantRun[]): readonly Result[] =>
  runs.flatMap(({ result, scratch }) => (scratch === null ? [result] : [result, scratch]))

/** A row for each run, in their order. */
export const rowsOf = (runs: readonly VariantRun[]): readonly Row[] => {
  const provenance = provenanceText(resultsOf(runs))
  return runs.map(run => {
    const { name, facts } = run.variant
    const known = Object.keys(facts).length === 0 ? { variant: name } : facts
    return { ...known, ...figuresOf(run), ...provenance(run.result) }
  })
}

export const groupByVariant = (runs: readonly VariantRun[]): ReadonlyMap<string, readonly VariantRun[]> =>
  groupBy(runs, ({ variant }) => variant.name)

/** Latencies of the first seed's net, for one image and for a batch of 100. */
export type Latencies = ReadonlyMap<string, readonly [one: Latency, hundred: Latency]>

const head = [
  '',
  'parameters',
  'MACs',
  'MACs of learning',
  'bytes',
  'right after the cut',
  'repaired',
  'validation',
  'test',
  'from scratch',
  '1 image',
  '100 images',
]

/** Nothing where no run has counted it. */
const meanCost = (counts: readonly number[]): string => (counts.length === 0 ? '' : compact(mean(counts)))

const cells = (name: string, runs: readonly VariantRun[], timed: Latencies): readonly string[] => {
  const some = (f: (run: VariantRun) => number | undefined) => runs.flatMap(run => f(run) ?? [])
  const [one, hundred] = timed.get(name) ?? []
  return [
    name,
    thousands(mean(some(({ result }) => result.params))),
    compact(mean(some(({ result }) => result.macs))),
    meanCost(some(({ result }) => result.trainingMacs)),
    thousands(mean(some(({ bytes }) => bytes))),
    meanWithDeviation(some(run => lastOf(run)?.raw.accuracy)),
    meanWithDeviation(some(run => lastOf(run)?.repaired.accuracy)),
    meanWithDeviation(some(validationOf)),
    meanWithDeviation(some(({ result }) => result.test.accuracy)),
    meanWithDeviation(some(({ scratch }) => scratch?.test.accuracy)),
    one === undefined ? '' : milliseconds(one.median),
    hundred === undefined ? '' : milliseconds(hundred.median),
  ]
}

/** A Markdown table, a line for each variant. */
export const studyTable = (runs: readonly VariantRun[], timed: Latencies): string =>
  markdown(
    head,
    [...groupByVariant(runs)].map(([name, group]) => cells(name, group, timed)),
  )

/** A Markdown table of every prune: parameters left, accuracy right after it → recalibrated. */
export const cutsTable = (runs: readonly VariantRun[]): string => {
  const most = Math.max(0, ...runs.map(({ cuts }) => cuts.length))
  const nths = Array.from({ length: most }, (_, nth) => nth)
  const cell = (group: readonly VariantRun[], nth: number): string => {
    const cuts = group.flatMap(run => run.cuts[nth] ?? [])
    const spread = (of: (cut: CutScores) => Scored) => meanWithDeviation(cuts.map(cut => of(cut).accuracy))
    return cuts.length === 0
      ? ''
      : `${thousands(mean(cuts.map(({ params }) => params)))}: ${spread(({ raw }) => raw)} → ${spread(({ repaired }) => repaired)}`
  }
  return markdown(
    ['right after each cut → repaired', ...nths.map(nth => `cut ${nth + 1}`)],
    [...groupByVariant(runs)]
      .filter(([, group]) => group.some(({ cuts }) => cuts.length > 0))
      .map(([name, group]) => [name, ...nths.map(nth => cell(group, nth))]),
  )
}

/** The provenance of the figures, as a line under the tables. `timedOn`: the engine of the latencies, if any. */
export const studyFooter = (
  { seeds }: Study,
  runs: readonly VariantRun[],
  timedOn: Settings['engine'] | null,
): string =>
  [
    seeds === 1 ? '1 seed' : `${seeds} seeds, mean ± standard deviation`,
    ...commonProvenance(resultsOf(runs)).map(several => several.join(' or ')),
    ...(timedOn === null ? [] : [`images timed with ${engineText(timedOn)}`]),
    ...(runs.some(({ cuts }) => cuts.length > 0)
      ? ['accuracy right after a cut and repaired is on validation too']
      : []),
  ].join('; ')
