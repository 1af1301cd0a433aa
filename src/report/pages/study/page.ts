/** The page of a study: accuracy over parameters with the front, an ablation as heat maps, and a table that sorts. */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import { type ChartLeaf, drawCharts } from '../../charts/draw.js'
import { paretoChart, paretoKeys } from '../../charts/pareto.js'
import { element, type Node } from '../../html/element.js'
import { renderPage } from '../../html/page.js'
import { type Cell, type CellLike, figure, missing, section, tableOf } from '../../html/parts.js'
import { compact, counted, milliseconds, thousands } from '../../text/numbers.js'
import { mean, meanWithDeviation } from '../../text/statistics.js'
import { footerText } from '../run-page.js'
import { featuresSection } from './features.js'
import { paretoFront, type StudyGroup } from './groups.js'
import { heatMaps } from './heat-map.js'

/** What a page shows of a study. */
export interface StudyResults {
  readonly name: string
  readonly groups: readonly StudyGroup[]
  /** Seeds and provenance, as a sentence. */
  readonly note: string
}

const numberCell = (value: number, text: string): Cell => ({ text, value })

const shares = (values: readonly number[]): CellLike =>
  values.length === 0 ? { text: '', value: -1 } : numberCell(mean(values), meanWithDeviation(values))

const times = (value: number | undefined): CellLike =>
  value === undefined ? { text: '', value: -1 } : numberCell(value, milliseconds(value))

/** A column of the table: what is in it, and whether any variant has it. */
interface Column {
  readonly head: string
  readonly cell: (group: StudyGroup) => CellLike
  readonly used?: (group: StudyGroup) => boolean
}

const columnsFor = (front: ReadonlySet<string>): readonly Column[] => [
  { head: 'variant', cell: ({ number, name }) => ({ text: `${number} ${name}`, value: number }) },
  { head: 'front', cell: ({ name }) => (front.has(name) ? 'on it' : 'behind') },
  { head: 'parameters', cell: ({ params }) => numberCell(params, thousands(params)) },
  { head: 'test', cell: ({ test }) => shares(test) },
  { head: 'validation', cell: ({ validation }) => shares(validation) },
  { head: 'MACs', cell: ({ macs }) => numberCell(macs, compact(macs)) },
  { head: 'bytes', cell: ({ bytes }) => numberCell(bytes, thousands(bytes)) },
  { head: 'right after the cut', cell: ({ raw }) => shares(raw), used: ({ raw }) => raw.length > 0 },
  { head: 'repaired', cell: ({ repaired }) => shares(repaired), used: ({ raw }) => raw.length > 0 },
  { head: 'from scratch', cell: ({ scratch }) => shares(scratch), used: ({ scratch }) => scratch.length > 0 },
  { head: '1 image', cell: ({ latency }) => times(latency?.[0]), used: ({ latency }) => latency !== null },
  { head: '100 images', cell: ({ latency }) => times(latency?.[1]), used: ({ latency }) => latency !== null },
]

const resultsTable = (groups: readonly StudyGroup[]): Node => {
  const front = new Set(paretoFront(groups).map(({ name }) => name))
  const columns = columnsFor(front).filter(({ used }) => used === undefined || groups.some(used))
  return tableOf(
    'All variants; a click on a head sorts',
    columns.map(({ head }) => head),
    groups.map(group => columns.map(({ cell }) => cell(group))),
    true,
  )
}

const isAblation = (groups: readonly StudyGroup[]): boolean =>
  groups.length > 0 && groups.every(({ facts }) => 'removed' in facts && 'criterion' in facts)

const picture = (groups: readonly StudyGroup[]): Node<ChartLeaf> =>
  isAblation(groups)
    ? section('Training and criterion', element('div', { class: 'panels' }, ...heatMaps(groups)))
    : section<ChartLeaf>(
        'Accuracy and size',
        figure<ChartLeaf>(
          'Test accuracy over parameters',
          { chart: paretoChart(groups) },
          { keys: paretoKeys, note: 'Numbers are those of the table.' },
        ),
      )

/** The page as text. */
export const studyPage = ({ name, groups, note }: StudyResults): T.Task<string> =>
  pipe(
    drawCharts([
      ...(groups.length === 0 ? [missing('No variant has been run.')] : [picture(groups)]),
      section('Results', resultsTable(groups)),
      ...featuresSection(groups),
    ]),
    T.map(content =>
      renderPage({
        title: name,
        summary: `${counted(groups.length, 'variant')}; ${note}.`,
        content,
        footer: footerText(),
      }),
    ),
  )
