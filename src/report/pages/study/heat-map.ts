/** An ablation as heat maps: a panel a share removed, a row a training, a column a criterion. */
import { type Element, element } from '../../html/element.js'
import { figure } from '../../html/parts.js'
import { percent } from '../../text/numbers.js'
import { meanWithDeviation } from '../../text/statistics.js'
import { type StudyGroup, testMean } from './groups.js'

/** The values of a fact, in the order they first come. */
const valuesOf = (groups: readonly StudyGroup[], fact: string): readonly (string | number)[] => [
  ...new Set(groups.flatMap(({ facts }) => facts[fact] ?? [])),
]

/** The least and the most accuracy of a panel. */
interface Range {
  readonly least: number
  readonly most: number
}

const rangeOf = (groups: readonly StudyGroup[]): Range => {
  const means = groups.map(testMean)
  return { least: Math.min(...means), most: Math.max(...means) }
}

const heatCell = ({ least, most }: Range, group: StudyGroup | undefined): Element => {
  if (group === undefined) return element('td', { class: 'empty' })
  const value = testMean(group)
  const share = most > least ? (value - least) / (most - least) : 0.5
  return element(
    'td',
    {
      class: value === most ? 'best' : undefined,
      style: `--share:${share.toFixed(3)}`,
      title: `${group.name}: ${meanWithDeviation(group.test)}`,
    },
    (100 * value).toFixed(1),
  )
}

/** The groups of one share removed, by training and criterion. */
interface Panel {
  readonly groups: readonly StudyGroup[]
  readonly trainings: readonly (string | number)[]
  readonly criteria: readonly (string | number)[]
}

const heatRow =
  ({ groups, criteria }: Panel) =>
  (training: string | number): Element => {
    const row = groups.filter(({ facts }) => facts.training === training)
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, `${training}`),
      ...criteria.map(criterion =>
        heatCell(
          rangeOf(groups),
          row.find(({ facts }) => facts.criterion === criterion),
        ),
      ),
    )
  }

const heatTable = (panel: Panel): Element =>
  element(
    'table',
    { class: 'heat' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['training', ...panel.criteria].map(name => element('th', { scope: 'col' }, `${name}`)),
      ),
    ),
    element('tbody', {}, ...panel.trainings.map(heatRow(panel))),
  )

const panelFigure = (all: readonly StudyGroup[], removed: string | number): Element => {
  const groups = all.filter(({ facts }) => facts.removed === removed)
  const { least, most } = rangeOf(groups)
  const title = `${percent(Number(removed), 0)} of the parameters removed`
  const table = heatTable({
    groups,
    trainings: valuesOf(all, 'training'),
    criteria: valuesOf(all, 'criterion'),
  })
  return figure(
    title,
    element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title }, table),
    {
      note: `Test accuracy in percent, from ${percent(least, 1)} to ${percent(most, 1)}; the best is framed.`,
    },
  )
}

/** A panel a share, the least removed first. */
export const heatMaps = (groups: readonly StudyGroup[]): readonly Element[] =>
  valuesOf(groups, 'removed')
    .toSorted((a, b) => Number(a) - Number(b))
    .map(removed => panelFigure(groups, removed))
