/** What the net decides on: how its features correlate, and how well each separates the classes. */
import type { Features } from '../../run/review/predictions.js'
import type { ChartLeaf } from '../charts/draw.js'
import { separationChart, separationKeys } from '../charts/separation.js'
import { type Element, element, type Node } from '../html/element.js'
import { figure, grid } from '../html/parts.js'

const matrix = ({ net, size, correlation }: Features): Element =>
  figure(
    `Correlations ${net}`,
    element('img', {
      class: 'correlation',
      src: `data:image/png;base64,${correlation}`,
      alt: `correlations within classes of the ${size} features ${net}, the fuller the colour, the stronger`,
    }),
    {
      note: `${size} features, the one that separates best at the top left; the fuller the colour, the stronger.`,
    },
  )

export const featureFigures = (features: readonly Features[]): Node<ChartLeaf> =>
  grid<ChartLeaf>(
    ...features.map(matrix),
    figure<ChartLeaf>(
      'Class separation of each feature',
      { chart: separationChart(features) },
      { keys: separationKeys(features) },
    ),
  )
