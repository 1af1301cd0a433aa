/** What the last net answers on the test images: the confusion matrix, and the worst mistakes. */
import { sum } from '../../io/count.js'
import type { Mistake, Predictions } from '../../run/review/predictions.js'
import { type Element, element, type Node } from '../html/element.js'
import { missing, paragraph, tableOf } from '../html/parts.js'
import { counted, percent } from '../text/numbers.js'

/** The most classes of which a matrix is shown; of more, the commonest confusions. */
const mostClasses = 20

/** Confusions listed where there are too many classes for a matrix. */
const mostConfusions = 20

const matrixCell = (count: number, total: number, right: boolean): Element => {
  const share = count / Math.max(1, total)
  return element(
    'td',
    count === 0 ? {} : { class: right ? 'hit' : 'miss', style: `--share:${share.toFixed(3)}` },
    count === 0 ? '' : `${count}`,
  )
}

const matrixRow =
  (classes: readonly string[]) =>
  (row: readonly number[], label: number): Element => {
    const total = sum(row)
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, classes[label] ?? ''),
      ...row.map((count, answer) => matrixCell(count, total, answer === label)),
    )
  }

const matrix = ({ classes, confusion }: Predictions): Element =>
  element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'confusion matrix' },
    element(
      'table',
      { class: 'matrix' },
      element(
        'caption',
        {},
        'Confusion matrix: a row a class, a column an answer; bold off the diagonal is wrong',
      ),
      element(
        'thead',
        {},
        element('tr', {}, element('td', {}), ...classes.map(name => element('th', { scope: 'col' }, name))),
      ),
      element('tbody', {}, ...confusion.map(matrixRow(classes))),
    ),
  )

const commonest = ({ classes, confusion }: Predictions): Element =>
  tableOf(
    `The commonest confusions of ${classes.length} classes`,
    ['class', 'taken for', 'images'],
    confusion
      .flatMap((row, label) => row.map((count, answer) => ({ label, answer, count })))
      .filter(({ label, answer, count }) => label !== answer && count > 0)
      .sort((a, b) => b.count - a.count)
      .slice(0, mostConfusions)
      .map(({ label, answer, count }) => [classes[label] ?? '', classes[answer] ?? '', `${count}`]),
  )

const thumb =
  ({ classes, nets }: Predictions) =>
  ({ image, label, answer, confidence, wrong, png }: Mistake): Element => {
    const [is, said] = [classes[label] ?? '', classes[answer] ?? '']
    const often = nets.length > 1 ? `, wrong in ${wrong} of ${nets.length} nets` : ''
    return element(
      'li',
      {},
      element('img', {
        src: `data:image/png;base64,${png}`,
        alt: `test image ${image}: a ${is}, answered ${said}`,
      }),
      `${is}, answered ${said} at ${percent(confidence, 0)}${often}`,
    )
  }

const thumbs = (predictions: Predictions): readonly Node[] =>
  predictions.mistakes.length === 0
    ? [paragraph('No test image is answered wrong.')]
    : [
        paragraph(
          `The ${counted(predictions.mistakes.length, 'test image')} most often answered wrong, the surest mistakes first:`,
        ),
        element('ul', { class: 'thumbs' }, ...predictions.mistakes.map(thumb(predictions))),
      ]

export const answers = (predictions: Predictions | null): readonly Node[] =>
  predictions === null
    ? [
        missing(
          'No answers on the test images are kept in this folder: they are, once a run has come to its end.',
        ),
      ]
    : [
        predictions.classes.length <= mostClasses ? matrix(predictions) : commonest(predictions),
        ...thumbs(predictions),
      ]
