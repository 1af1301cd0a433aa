/** A study's results: a row a run for machines, a table of means and spreads for people. */
import type { Latency } from '../../learn/evaluation/latency.js'
import type { Cut, Result, Scored } from '../../run/events.js'
import type { Settings } from '../../run/storage/settings.js'
import type { VariantRun } from '../../run/study/runner.js'
import type { Study } from '../../run/study/study.js'
import { compact, thousands } from '../text/numbers.js'
import { commonProvenance, engineText, type Provenance, provenanceText } from '../text/provenance.js'
import { mean, meanWithDeviation } from '../text/statistics.js'
import { markdown } from './markdown.js'

/** The accuracies of a cut: right after it, and with batch norm measured again. */
interface Scores {
  readonly raw?: number
  readonly repaired?: number
}

/** What is measured of one run. */
interface Figures extends Scores {
  readonly seed: number
  readonly params: number
  readonly macs: number
  readonly bytes: number
  readonly validation?: number
  readonly retrained: number
  readonly scratch?: number
  readonly cuts?: readonly (Scores & { readonly params: number })[]
}

/**
 * One run: an entrant's name or facts, its figures, and what it was made with where the runs differ in it. Accuracies
 * are 0–1: `raw` and `repaired` on validation, after the last cut and in `cuts`, where there are several, after each; at
 * the end `validation`, to choose by, and on the test `retrained` and `scratch`.
 */
export type Row = Figures & Partial<Provenance> & { readonly [fact: string]: unknown }

const scoresOf = (cut: Cut | undefined): Scores =>
  cut === undefined ? {} : { raw: cut.raw.accuracy, repaired: cut.repaired.accuracy }

const lastOf = ({ cuts }: VariantRun): Cut | undefined => cuts.at(-1)

/** As the last step left it; none where the schedule has no step. */
const validationOf = ({ result }: VariantRun): number | undefined => result.stages.at(-1)?.validation.accuracy

const figuresOf = (done: VariantRun): Figures => {
  const validation = validationOf(done)
  return {
    seed: done.seed,
    params: done.result.params,
    macs: done.result.macs,
    bytes: done.bytes,
    ...scoresOf(lastOf(done)),
    ...(validation !== undefined && { validation }),
    retrained: done.result.test.accuracy,
    ...(done.scratch !== null && { scratch: done.scratch.test.accuracy }),
    ...(done.cuts.length > 1 && {
      cuts: done.cuts.map(cut => ({ params: cut.params, ...scoresOf(cut) })),
    }),
  }
}

const resultsOf = (dones: readonly VariantRun[]): readonly Result[] =>
  dones.flatMap(({ result, scratch }) => (scratch === null ? [result] : [result, scratch]))

/** A row a run, in their order. */
export const rowsOf = (dones: readonly VariantRun[]): readonly Row[] => {
  const made = provenanceText(resultsOf(dones))
  return dones.map(done => {
    const { name, facts } = done.entrant
    const known = Object.keys(facts).length === 0 ? { entrant: name } : facts
    return { ...known, ...figuresOf(done), ...made(done.result) }
  })
}

export const grouping = (dones: readonly VariantRun[]): ReadonlyMap<string, readonly VariantRun[]> =>
  dones.reduce(
    (groups, done) => groups.set(done.entrant.name, [...(groups.get(done.entrant.name) ?? []), done]),
    new Map<string, readonly VariantRun[]>(),
  )

/** Milliseconds of the first seed's net, of one image and of a batch of 100. */
export type Timed = ReadonlyMap<string, readonly [one: Latency, hundred: Latency]>

const head = [
  '',
  'parameters',
  'MACs',
  'bytes',
  'right after the cut',
  'repaired',
  'validation',
  'test',
  'from scratch',
  '1 image',
  '100 images',
]

const cells = (name: string, dones: readonly VariantRun[], timed: Timed): readonly string[] => {
  const some = (f: (done: VariantRun) => number | undefined) => dones.flatMap(done => f(done) ?? [])
  const [one, hundred] = timed.get(name) ?? []
  return [
    name,
    thousands(mean(some(({ result }) => result.params))),
    compact(mean(some(({ result }) => result.macs))),
    thousands(mean(some(({ bytes }) => bytes))),
    meanWithDeviation(some(done => lastOf(done)?.raw.accuracy)),
    meanWithDeviation(some(done => lastOf(done)?.repaired.accuracy)),
    meanWithDeviation(some(validationOf)),
    meanWithDeviation(some(({ result }) => result.test.accuracy)),
    meanWithDeviation(some(({ scratch }) => scratch?.test.accuracy)),
    one === undefined ? '' : `${one.median.toFixed(2)} ms`,
    hundred === undefined ? '' : `${hundred.median.toFixed(1)} ms`,
  ]
}

/** A Markdown table, a line an entrant. */
export const studyTable = (dones: readonly VariantRun[], timed: Timed): string =>
  markdown(
    head,
    [...grouping(dones)].map(([name, group]) => cells(name, group, timed)),
  )

/** A Markdown table of every cut on the way: parameters left, accuracy right after it → repaired. */
export const cutsTable = (dones: readonly VariantRun[]): string => {
  const most = Math.max(0, ...dones.map(({ cuts }) => cuts.length))
  const nths = Array.from({ length: most }, (_, nth) => nth)
  const cell = (group: readonly VariantRun[], nth: number): string => {
    const cuts = group.flatMap(done => done.cuts[nth] ?? [])
    const spread = (of: (cut: Cut) => Scored) => meanWithDeviation(cuts.map(cut => of(cut).accuracy))
    return cuts.length === 0
      ? ''
      : `${thousands(mean(cuts.map(({ params }) => params)))}: ${spread(({ raw }) => raw)} → ${spread(({ repaired }) => repaired)}`
  }
  return markdown(
    ['right after each cut → repaired', ...nths.map(nth => `cut ${nth + 1}`)],
    [...grouping(dones)]
      .filter(([, group]) => group.some(({ cuts }) => cuts.length > 0))
      .map(([name, group]) => [name, ...nths.map(nth => cell(group, nth))]),
  )
}

/** A line under the tables: what their figures were made with. `timedOn`: the engine of the latencies, if any. */
export const studyFooter = (
  { seeds }: Study,
  dones: readonly VariantRun[],
  timedOn: Settings['engine'] | null,
): string =>
  [
    seeds === 1 ? '1 seed' : `${seeds} seeds, mean ± standard deviation`,
    ...commonProvenance(resultsOf(dones)).map(several => several.join(' or ')),
    ...(timedOn === null ? [] : [`images timed with ${engineText(timedOn)}`]),
    ...(dones.some(({ cuts }) => cuts.length > 0)
      ? ['accuracy right after a cut and repaired is on validation too']
      : []),
  ].join('; ')
