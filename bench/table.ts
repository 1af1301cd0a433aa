/** Timings as a table: a row a net, a column a contestant, and the ratio of the best peer to the best engine. */
import type { TimedNet } from './nets.js'
import { median } from './tools.js'
import type { Timing } from './turns.js'

/** The timings of one net at one batch. */
export interface Row {
  readonly net: TimedNet
  readonly batch: number
  readonly timings: readonly Timing[]
}

/** A row as it is kept: of each contestant the calls, their median and least in milliseconds, and the peak of memory in bytes. */
export const summaryOf = ({ net: { name, input, params, macs }, batch, timings }: Row) => ({
  net: { name, input, params, macs },
  batch,
  timings: timings.map(timing =>
    'failed' in timing
      ? timing
      : {
          name: timing.name,
          calls: timing.milliseconds.length,
          median: median(timing.milliseconds),
          least: Math.min(...timing.milliseconds),
          peak: timing.peak,
        },
  ),
})

const medianOf = (timing: Timing | undefined): number =>
  timing === undefined || 'failed' in timing ? Number.NaN : median(timing.milliseconds)

const number = (milliseconds: number): string =>
  Number.isNaN(milliseconds) ? '–' : milliseconds.toPrecision(milliseconds < 100 ? 2 : 3)

const best = (timings: readonly Timing[]): number =>
  Math.min(...timings.map(medianOf).filter(each => !Number.isNaN(each)))

/** How many times as long the best peer takes as the best engine; NaN where one of them is missing. */
export const ratioOf = ({ timings }: Row, own: readonly string[]): number => {
  const [ours, theirs] = [true, false].map(mine =>
    best(timings.filter(({ name }) => own.includes(name) === mine)),
  )
  const ratio = (theirs ?? Number.NaN) / (ours ?? Number.NaN)
  return Number.isFinite(ratio) ? ratio : Number.NaN
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** A table of Markdown; milliseconds are medians. */
export const markdown = (rows: readonly Row[], own: readonly string[]): string => {
  const names = [...new Set(rows.flatMap(({ timings }) => timings.map(({ name }) => name)))]
  const head = [
    'net',
    'parameters',
    'MACs',
    'batch',
    ...names.map(name => `${name}, ms`),
    'best peer / best engine',
  ]
  const body = rows.map(row => [
    row.net.name,
    row.net.params.toLocaleString('en'),
    `${(row.net.macs / 1e6).toPrecision(3)} M`,
    `${row.batch}`,
    ...names.map(name => number(medianOf(row.timings.find(timing => timing.name === name)))),
    `${number(ratioOf(row, own))}x`,
  ])
  return [head, head.map(() => '---'), ...body].map(line).join('\n')
}

/** The most memory each contestant had, in MiB. */
export const memoryMarkdown = (rows: readonly Row[]): string => {
  const names = [...new Set(rows.flatMap(({ timings }) => timings.map(({ name }) => name)))]
  const peak = (timing: Timing | undefined): string =>
    timing === undefined || 'failed' in timing ? '–' : (timing.peak / 2 ** 20).toFixed(0)
  const body = rows.map(({ net, batch, timings }) => [
    net.name,
    `${batch}`,
    ...names.map(name => peak(timings.find(timing => timing.name === name))),
  ])
  const head = ['net', 'batch', ...names.map(name => `${name}, MiB`)]
  return [head, head.map(() => '---'), ...body].map(line).join('\n')
}
