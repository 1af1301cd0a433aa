/** A study's results: a row a run for machines, a table of means and spreads for people. */
import type { Latency } from '../learn/latency.js'
import type { Scored } from '../run/event.js'
import type { Cut, Done } from '../run/studying.js'
import { grouped, percent, short } from './number.js'

/**
 * One run. Accuracies are 0–1: `raw` and `repaired` on validation, after the last cut and in `cuts`, where there are
 * several, after each; at the end `validation`, to choose by, and on the test `retrained` and `scratch`.
 */
export interface Row {
  readonly [fact: string]: string | number | readonly object[]
}

const scoresOf = (cut: Cut | undefined) =>
  cut === undefined ? {} : { raw: cut.raw.accuracy, repaired: cut.repaired.accuracy }

const lastOf = ({ cuts }: Done): Cut | undefined => cuts.at(-1)

/** As the last step left it; none where the schedule has no step. */
const validationOf = ({ result }: Done): number | undefined => result.stages.at(-1)?.validation.accuracy

const bytesOf = ({ model }: Done): number =>
  Object.values(model.weights).reduce((sum, { data }) => sum + data.byteLength, 0)

export const rowOf = (done: Done): Row => {
  const validation = validationOf(done)
  return {
    ...(Object.keys(done.entrant.facts).length === 0 ? { entrant: done.entrant.name } : done.entrant.facts),
    seed: done.seed,
    params: done.result.params,
    macs: done.result.macs,
    bytes: bytesOf(done),
    ...scoresOf(lastOf(done)),
    ...(validation !== undefined && { validation }),
    retrained: done.result.test.accuracy,
    ...(done.scratch !== null && { scratch: done.scratch.test.accuracy }),
    ...(done.cuts.length > 1 && {
      cuts: done.cuts.map(cut => ({ params: cut.params, ...scoresOf(cut) })),
    }),
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

const deviation = (values: readonly number[]): number =>
  Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / Math.max(1, values.length - 1),
  )

/** `98.20 ± 0.08`, in percent; the spread is the sample's standard deviation. */
export const spreadText = (values: readonly number[]): string =>
  values.length === 0
    ? ''
    : values.length === 1
      ? percent(values[0] ?? 0)
      : `${(100 * mean(values)).toFixed(2)} ± ${(100 * deviation(values)).toFixed(2)}`

const grouping = (dones: readonly Done[]): ReadonlyMap<string, readonly Done[]> =>
  dones.reduce(
    (groups, done) => groups.set(done.entrant.name, [...(groups.get(done.entrant.name) ?? []), done]),
    new Map<string, readonly Done[]>(),
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

const cells = (name: string, dones: readonly Done[], timed: Timed): readonly string[] => {
  const some = (f: (done: Done) => number | undefined) => dones.flatMap(done => f(done) ?? [])
  const [one, hundred] = timed.get(name) ?? []
  return [
    name,
    grouped(mean(some(({ result }) => result.params))),
    short(mean(some(({ result }) => result.macs))),
    grouped(mean(some(bytesOf))),
    spreadText(some(done => lastOf(done)?.raw.accuracy)),
    spreadText(some(done => lastOf(done)?.repaired.accuracy)),
    spreadText(some(validationOf)),
    spreadText(some(({ result }) => result.test.accuracy)),
    spreadText(some(({ scratch }) => scratch?.test.accuracy)),
    one === undefined ? '' : `${one.median.toFixed(2)} ms`,
    hundred === undefined ? '' : `${hundred.median.toFixed(1)} ms`,
  ]
}

/** Rows under a head, without the columns that are empty in all. */
const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const used = head.map((_, column) => rows.some(row => (row[column] ?? '') !== ''))
  const line = (row: readonly string[]) => `| ${row.filter((_, column) => used[column]).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** A Markdown table, a line an entrant. */
export const studyTable = (dones: readonly Done[], timed: Timed): string =>
  markdown(
    head,
    [...grouping(dones)].map(([name, group]) => cells(name, group, timed)),
  )

/** A Markdown table of every cut on the way: parameters left, accuracy right after it → repaired. */
export const cutsTable = (dones: readonly Done[]): string => {
  const most = Math.max(0, ...dones.map(({ cuts }) => cuts.length))
  const nths = Array.from({ length: most }, (_, nth) => nth)
  const cell = (group: readonly Done[], nth: number): string => {
    const cuts = group.flatMap(done => done.cuts[nth] ?? [])
    const spread = (of: (cut: Cut) => Scored) => spreadText(cuts.map(cut => of(cut).accuracy))
    return cuts.length === 0
      ? ''
      : `${grouped(mean(cuts.map(({ params }) => params)))}: ${spread(({ raw }) => raw)} → ${spread(({ repaired }) => repaired)}`
  }
  return markdown(
    ['right after each cut → repaired', ...nths.map(nth => `cut ${nth + 1}`)],
    [...grouping(dones)]
      .filter(([, group]) => group.some(({ cuts }) => cuts.length > 0))
      .map(([name, group]) => [name, ...nths.map(nth => cell(group, nth))]),
  )
}
