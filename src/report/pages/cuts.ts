/** What the cuts of a run compared: sorted scores with their threshold, and each layer's utilities in words. */
import type { Path } from '../../net/path.js'
import type { RunEvent } from '../../run/events.js'
import type { ChartLeaf } from '../charts/draw.js'
import { type Scored, utilityChart, utilityKeys } from '../charts/utilities.js'
import type { Remarks } from '../espalier/marks.js'
import type { Node } from '../html/element.js'
import { figure, grid, missing } from '../html/parts.js'

/** What a cut compared. */
export type Ranked = Extract<RunEvent, { readonly _tag: 'ranked' }>

const rankedIn = (events: readonly RunEvent[]): readonly Ranked[] =>
  events.flatMap(event => (event._tag === 'ranked' ? [event] : []))

const isRemoved = (fate: string): boolean => fate === 'utility' || fate === 'starved'

/** The candidates of a cut; a group's channels share a rank and count once. */
const candidatesOf = ({ layers }: Ranked): readonly Scored[] => {
  const byRank = new Map<number, Scored>()
  for (const { score, rank, fate } of layers)
    rank.forEach((each, nth) => {
      const value = score[nth] ?? null
      if (each !== null && value !== null)
        byRank.set(each, { score: value, removed: isRemoved(fate[nth] ?? '') })
    })
  return [...byRank.values()]
}

/** The most cuts shown, evenly chosen. */
const mostCuts = 6

const pickEvenly = <A>(all: readonly A[]): readonly A[] =>
  all.length <= mostCuts
    ? all
    : Array.from({ length: mostCuts }, (_, nth) =>
        Math.round((nth * (all.length - 1)) / (mostCuts - 1)),
      ).flatMap(nth => all[nth] ?? [])

/** Each decision with the number of the cut it is for: a push marks for the next. */
const numberCuts = (
  events: readonly RunEvent[],
): readonly { readonly cut: Ranked; readonly number: number }[] => {
  let done = 0
  return events.flatMap(event => {
    if (event._tag === 'pruned') done++
    return event._tag === 'ranked' ? [{ cut: event, number: done + 1 }] : []
  })
}

/** Charts of what the cuts compared. */
export const cutFigures = (events: readonly RunEvent[]): readonly Node<ChartLeaf>[] => {
  const scored = numberCuts(events).filter(({ cut }) => candidatesOf(cut).length > 0)
  return scored.length === 0
    ? [missing('The log has no utilities: it is of an older version, or its cuts named their channels.')]
    : [
        grid<ChartLeaf>(
          ...pickEvenly(scored).map(({ cut, number }) =>
            figure<ChartLeaf>(
              `Cut ${number}, ${cut.removes ? '' : 'marked while pushing, '}by ${cut.by}`,
              { chart: utilityChart(`cut ${number}`, candidatesOf(cut), cut.threshold) },
              { keys: utilityKeys(cut.threshold) },
            ),
          ),
        ),
      ]
}

const numbers = (values: readonly (number | null)[]): readonly number[] =>
  values.flatMap(value => value ?? [])

const short = (value: number): string => `${Number(value.toPrecision(3))}`

const remarkOf = (by: string, utilities: readonly number[]): string =>
  `utility by ${by} from ${short(Math.min(...utilities))} to ${short(Math.max(...utilities))} when it was last ranked`

/** By layer, the utilities of the last cut that ranked it. */
export const remarksOf = (events: readonly RunEvent[]): Remarks => {
  const remarks = new Map<Path, string>()
  for (const { by, layers } of rankedIn(events))
    for (const { path, utility } of layers) {
      const known = numbers(utility)
      if (known.length > 0) remarks.set(path, remarkOf(by, known))
    }
  return remarks
}
