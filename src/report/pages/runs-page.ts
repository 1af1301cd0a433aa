/** The page that compares runs. */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import { countMacs, countParams } from '../../net/counts.js'
import type { RunRecord } from '../../run/review/record.js'
import { type ChartLeaf, drawCharts } from '../charts/draw.js'
import { accuracyOverParams, overlayChart, type Series } from '../charts/runs.js'
import { drawEspalier, espalierKeys } from '../espalier/draw.js'
import type { Element, Node } from '../html/element.js'
import { renderPage } from '../html/page.js'
import { type Cell, figure, missing, section, tableOf } from '../html/parts.js'
import { compact, counted, duration, percent, thousands } from '../text/numbers.js'
import { engineText } from '../text/provenance.js'
import { remarksOf } from './cuts.js'
import { footerText, statesOf } from './run-page.js'
import { storyOf } from './story.js'

/** The last part of a folder's path, or as much of it as tells the runs apart. */
const namesOf = (records: readonly RunRecord[]): readonly string[] => {
  const paths = records.map(({ folder }) => folder.path.split('/').filter(part => part !== ''))
  const longest = Math.max(...paths.map(({ length }) => length))
  const tails = Array.from({ length: longest }, (_, nth) =>
    paths.map(parts => parts.slice(-nth - 1).join('/')),
  )
  return tails.find(names => new Set(names).size === names.length) ?? records.map(({ folder }) => folder.path)
}

const seriesOf = (record: RunRecord, name: string): Series => ({
  name,
  story: storyOf(record.nets.first, record.log.events),
  params: countParams(record.nets.now),
  accuracy: record.result?.test.accuracy ?? null,
})

const shareCell = (share: number | undefined): Cell | string =>
  share === undefined ? '' : { text: percent(share), value: share }

const rowOf = ({ nets: { now }, result, experiment, settings }: RunRecord, { name, story }: Series) => [
  name,
  experiment.net.name,
  { text: thousands(countParams(now)), value: countParams(now) },
  { text: compact(countMacs(now)), value: countMacs(now) },
  shareCell(story.epochs.at(-1)?.validation.accuracy),
  shareCell(result?.test.accuracy),
  { text: `${story.length}`, value: story.length },
  result === null ? '' : { text: duration(result.seconds), value: result.seconds },
  experiment.data.name,
  `${settings.seed}`,
  engineText(settings.engine),
]

const head = [
  'run',
  'net',
  'parameters',
  'MACs',
  'validation',
  'test',
  'epochs',
  'time',
  'data',
  'seed',
  'engine',
]

/** What makes a comparison of these runs one of more than what their names say. */
const differences = (records: readonly RunRecord[]): readonly Node[] => {
  const all = (of: (record: RunRecord) => string): string => [...new Set(records.map(of))].join(', ')
  const differing = (what: string, of: (record: RunRecord) => string): readonly Node[] =>
    new Set(records.map(of)).size > 1 ? [missing(`These runs are of different ${what}: ${all(of)}.`)] : []
  return [
    ...differing('nets', ({ experiment }) => experiment.net.name),
    ...differing('data', ({ experiment, settings }) => `${experiment.data.name} ${settings.data.checksum}`),
    ...records
      .filter(({ result }) => result === null)
      .map(({ folder }) => missing(`${folder.path} has not come to its end.`)),
  ]
}

const espalierOf = (record: RunRecord, name: string): Element =>
  figure(
    name,
    drawEspalier(statesOf(record), remarksOf(record.log.events), `The net of ${name} as an espalier`),
    { keys: espalierKeys },
  )

const contentOf = (records: readonly RunRecord[]): readonly Node<ChartLeaf>[] => {
  const series = namesOf(records).flatMap((name, nth) => {
    const record = records[nth]
    return record === undefined ? [] : [{ record, each: seriesOf(record, name) }]
  })
  const all = series.map(({ each }) => each)
  return [
    ...differences(records),
    tableOf(
      'The runs',
      head,
      series.map(({ record, each }) => rowOf(record, each)),
      true,
    ),
    section<ChartLeaf>(
      'Over time',
      figure<ChartLeaf>('Validation accuracy', { chart: overlayChart(all) }),
      figure<ChartLeaf>('Accuracy and size', { chart: accuracyOverParams(all) }),
    ),
    section('The nets', ...series.map(({ record, each }) => espalierOf(record, each.name))),
  ]
}

/** The page as text. */
export const runsPage = (records: readonly RunRecord[]): T.Task<string> =>
  pipe(
    drawCharts(contentOf(records)),
    T.map(content =>
      renderPage({
        title: `${counted(records.length, 'run')} compared`,
        summary: namesOf(records).join(', '),
        content,
        footer: footerText(),
      }),
    ),
  )
