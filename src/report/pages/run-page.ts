/** The page of a run: what grew, what was pushed, what was cut, and why. */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import { countMacs, countParams } from '../../net/counts.js'
import type { RunRecord } from '../../run/review/record.js'
import { versionOf } from '../../run/storage/code-version.js'
import { type ChartLeaf, drawCharts } from '../charts/draw.js'
import { gradientChart } from '../charts/gradients.js'
import { accuracyChart, cutKeys, growthKey, lossChart, scoreKeys, sizeChart } from '../charts/timeline.js'
import { drawEspalier, espalierKeys } from '../espalier/draw.js'
import type { States } from '../espalier/limb.js'
import type { Node } from '../html/element.js'
import { renderPage } from '../html/page.js'
import { figure, grid, headline, type Key, missing, paragraph, section } from '../html/parts.js'
import { compact, counted, percent, thousands } from '../text/numbers.js'
import { renderMessage } from '../text/render-message.js'
import { scheduleText } from '../text/schedule-text.js'
import { answers } from './answers.js'
import { cutFigures, remarksOf } from './cuts.js'
import { featureFigures, featuresOver } from './features.js'
import { growthTables } from './growths.js'
import { layersTable } from './layers.js'
import { provenanceFacts } from './provenance.js'
import { sizesOf } from './sizes.js'
import { type Story, storyOf } from './story.js'
import { targetLines } from './target.js'

/** The states of the net that a page shows. */
export const statesOf = ({ nets: { first, original, now } }: RunRecord): States => ({
  first,
  before: original ?? now,
  now,
})

const headlineOf = ({ result, nets: { original, now } }: RunRecord, story: Story): Node => {
  const before = original ?? now
  const last = story.epochs.at(-1)
  return headline([
    ...(result === null ? [] : [[percent(result.test.accuracy), 'test accuracy'] as const]),
    ...(result === null && last !== undefined
      ? [[percent(last.validation.accuracy), 'validation accuracy so far'] as const]
      : []),
    [
      thousands(countParams(now)),
      original === null ? 'parameters' : `parameters, of ${thousands(countParams(before))}`,
    ],
    [compact(countMacs(now)), original === null ? 'MACs' : `MACs, of ${compact(countMacs(before))}`],
    [`${story.length}`, `epochs, ${counted(story.cuts.length, 'cut')}`],
  ])
}

/** What a page cannot show, in a line each. */
const gapLines = ({ result, log, gaps }: RunRecord): readonly Node[] => [
  ...(result === null
    ? [missing('This run has not come to its end: the page shows it as far as it has come.')]
    : []),
  ...(log.events.length === 0 ? [missing('The run has no log, so there is nothing to show over time.')] : []),
  ...(log.unknown > 0
    ? [missing(`${counted(log.unknown, 'line')} of the log are of another version, and left out.`)]
    : []),
  ...gaps.map(gap => missing(renderMessage(gap))),
]

const gradientFigures = (story: Story): readonly Node<ChartLeaf>[] => {
  const chart = gradientChart(story)
  return chart === null
    ? []
    : [
        figure<ChartLeaf>(
          'Gradient of what has grown',
          { chart },
          {
            note: 'After each growth, the gradient of a new unit over that of an old one, root mean squares on one batch: far below 1, new units pass values on but hardly learn; try a warmup, or init: noisy.',
          },
        ),
      ]
}

/** What stands in the charts of accuracy and loss. */
const storyKeys = ({ cuts, growths }: Story): readonly Key[] => [
  ...scoreKeys,
  ...(cuts.length > 0 ? cutKeys : []),
  ...(growths.length > 0 ? [growthKey] : []),
]

const storySection = (story: Story): readonly Node<ChartLeaf>[] =>
  story.length === 0
    ? []
    : [
        section<ChartLeaf>(
          'The story',
          figure<ChartLeaf>(
            'Accuracy',
            { chart: accuracyChart(story) },
            {
              keys: storyKeys(story),
              note: 'The axis is logarithmic in the error, so that the last points before 100 % can be told apart.',
            },
          ),
          grid<ChartLeaf>(
            figure<ChartLeaf>('Loss', { chart: lossChart(story) }, { keys: storyKeys(story) }),
            figure<ChartLeaf>('Parameters', { chart: sizeChart(story, 'params', 'parameters') }),
            figure<ChartLeaf>('Multiply–accumulates of one image', {
              chart: sizeChart(story, 'macs', 'multiply–accumulates'),
            }),
            ...gradientFigures(story),
          ),
        ),
      ]

const espalierSection = (record: RunRecord): Node => {
  const { now } = record.nets
  const label = `The net ${now.net.name} as an espalier: ${thousands(countParams(now))} parameters now`
  return section(
    'The net',
    figure(
      'From the input at the foot to the output at the crown',
      drawEspalier(statesOf(record), remarksOf(record.log.events), label),
      {
        keys: espalierKeys,
        note: 'Figures are channels left of those there were, from the trunk outwards. Rest the pointer on a part for its path and utilities.',
      },
    ),
  )
}

const layersSection = (record: RunRecord): Node =>
  section(
    'Layer by layer',
    ...targetLines(record).map(line => paragraph(line)),
    layersTable(statesOf(record)),
  )

const contentOf = (record: RunRecord): readonly Node<ChartLeaf>[] => {
  const { first } = record.nets
  const { events } = record.log
  const story = storyOf(first, events)
  const growths = growthTables(events)
  const features = featuresOver(events, record.predictions?.features ?? [])
  return [
    ...gapLines(record),
    headlineOf(record, story),
    espalierSection(record),
    ...storySection(story),
    layersSection(record),
    ...(story.cuts.length === 0 ? [] : [section<ChartLeaf>('What the cuts compared', ...cutFigures(events))]),
    ...(growths.length === 0 ? [] : [section<ChartLeaf>('What growth compared', ...growths)]),
    section('Before and after', ...sizesOf(record)),
    ...(features.length === 0
      ? []
      : [section<ChartLeaf>('The features it decides on', ...featureFigures(features))]),
    section('Answers on the test images', ...answers(record.predictions)),
    section('How it was made', provenanceFacts(record)),
  ]
}

/** The footer of every page. */
export const footerText = (): string =>
  `Made by espalier ${versionOf()} with Node ${process.versions.node}. This page is one file and loads nothing.`

/** The page of a run as text. */
export const runPage = (record: RunRecord): T.Task<string> =>
  pipe(
    drawCharts(contentOf(record)),
    T.map(content =>
      renderPage({
        title: record.experiment.net.name,
        summary: `${scheduleText(record.experiment.schedule)} on ${record.experiment.data.name}, seed ${record.settings.seed}`,
        content,
        footer: footerText(),
      }),
    ),
  )
