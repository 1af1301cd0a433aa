/** The net before the first cut beside the one at the end, and the nets met while growing. */
import type { Comparison, GrownNet } from '../../run/events.js'
import type { RunRecord } from '../../run/review/record.js'
import type { Element, Node } from '../html/element.js'
import { missing, tableOf } from '../html/parts.js'
import { grownCells } from '../tables/grown.js'
import { compact, milliseconds, percent, thousands } from '../text/numbers.js'

/** 0.97×, or 5.1× smaller */
const ratio = (before: number, after: number): string =>
  after === 0 ? '' : `${(before / after).toFixed(before / after >= 9.95 ? 0 : 1)}×`

type Figure = (each: Comparison) => number

const rows: readonly (readonly [name: string, of: Figure, text: (n: number) => string, ratio: boolean])[] = [
  ['parameters', ({ params }) => params, thousands, true],
  ['MACs an image', ({ macs }) => macs, compact, true],
  ['weights, KB', ({ bytes }) => bytes / 1000, n => n.toFixed(1), true],
  ['test accuracy', ({ test }) => test.accuracy, percent, false],
  ['test loss', ({ test }) => test.loss, n => n.toFixed(4), false],
  ['1 image', ({ latency }) => latency.one, milliseconds, true],
  ['100 images', ({ latency }) => latency.hundred, milliseconds, true],
]

const comparedTable = (before: Comparison, after: Comparison): Element =>
  tableOf(
    'Before the first cut and at the end, and the first over the second; latencies are medians on the machine of the run',
    ['', 'before', 'after', 'ratio'],
    rows.map(([name, of, text, withRatio]) => [
      name,
      text(of(before)),
      text(of(after)),
      withRatio ? ratio(of(before), of(after)) : '',
    ]),
  )

const metTable = (met: readonly GrownNet[]): Element =>
  tableOf(
    'Nets met while growing, each kept in the folder met',
    ['net', 'parameters', 'MACs', 'KB', 'validation', 'computed the same at first'],
    met.map(grownCells),
  )

export const sizesOf = ({ result, nets }: RunRecord): readonly Node[] => {
  const [before, after] = ['before', 'after'].map(name => result?.compared?.find(each => each.name === name))
  return [
    before !== undefined && after !== undefined
      ? comparedTable(before, after)
      : missing(
          nets.original === null
            ? 'Nothing was cut, so there is no net before and after.'
            : 'The net before the first cut and the one at the end are measured once a run has come to its end.',
        ),
    ...(result?.met === undefined ? [] : [metTable(result.met)]),
  ]
}
