/**
 * The features that a net decides on, before a push and after: how they correlate, and how well each separates the
 * classes.
 */
import type { RunEvent } from '../../run/events.js'
import type { Features } from '../../run/review/predictions.js'
import type { ChartLeaf } from '../charts/draw.js'
import { separationChart, separationKeys } from '../charts/separation.js'
import { type Element, element, type Node } from '../html/element.js'
import { figure, grid, paragraph } from '../html/parts.js'
import { counted } from '../text/numbers.js'

/** The net before the first push and the one after the last, as a log has them; none where nothing was pushed. */
export const pushedFeatures = (events: readonly RunEvent[]): readonly Features[] => {
  const measured = events.flatMap(event => (event._tag === 'featuresMeasured' ? [event] : []))
  const pushes = measured.filter(({ pushed }) => pushed).length
  const before = measured.find(({ pushed }) => !pushed)
  const after = measured.findLast(({ pushed }) => pushed)
  const named = (features: Features | undefined, net: string): readonly Features[] =>
    features === undefined ? [] : [{ ...features, net }]
  return pushes > 1
    ? [...named(before, 'before the first push'), ...named(after, 'after the last push')]
    : [...named(before, 'before the push'), ...named(after, 'after the push')]
}

/** The features over a run: around its pushes, or else its cuts, and at the end. */
export const featuresOver = (
  events: readonly RunEvent[],
  answered: readonly Features[],
): readonly Features[] => {
  const pushed = pushedFeatures(events)
  return pushed.length === 0 ? answered : [...pushed, ...answered.slice(-1)]
}

const sizeText = ({ size, compared = size }: Features): string =>
  compared < size ? `the best ${compared} of ${counted(size, 'feature')}` : counted(size, 'feature')

/** 64 features, mean r² 0.045 */
export const featuresText = (features: Features): string =>
  [
    sizeText(features),
    ...(features.redundancy === undefined ? [] : [`mean r² ${Number(features.redundancy.toPrecision(2))}`]),
  ].join(', ')

/** The correlations of a net's features as an image. */
export const correlationImage = (features: Features): Element =>
  element('img', {
    class: 'correlation',
    src: `data:image/png;base64,${features.correlation}`,
    alt: `correlations within classes of ${sizeText(features)} ${features.net}`,
  })

/** What the colours of correlation images stand for. */
export const correlationScale: Element = element(
  'div',
  { class: 'scale' },
  '|r| 0',
  element('i', { 'aria-hidden': 'true' }),
  '1',
)

const matrix = (features: Features): Element =>
  figure(`Correlations ${features.net}`, element('div', {}, correlationScale, correlationImage(features)), {
    note: featuresText(features),
  })

export const featureFigures = (features: readonly Features[]): readonly Node<ChartLeaf>[] => [
  paragraph(
    'The vector that the last layer reads: how strongly each two of its features correlate within classes, on validation images, the feature that separates the classes best at the top left. Where a push works, few features separate, and they correlate less.',
    { class: 'note' },
  ),
  grid<ChartLeaf>(
    ...features.map(matrix),
    figure<ChartLeaf>(
      'Class separation of each feature',
      { chart: separationChart(features) },
      { keys: separationKeys(features) },
    ),
  ),
]
