/** An ablation's results, crossed: a line for each training and criterion, a column for each share removed. */
import type { Done } from '../run/studying.js'
import { markdown } from './markdown.js'
import { grouped, short } from './number.js'
import { mean, spreadText } from './spread.js'

/** Whether the entrants of a study can be crossed: all tell what share of a net they removed. */
export const canCross = (dones: readonly Done[]): boolean =>
  dones.length > 0 && dones.every(({ entrant: { facts } }) => 'removed' in facts)

const lineOf = ({ entrant: { facts } }: Done): string => `${facts.training}, ${facts.criterion}`
const removedBy = ({ entrant: { facts } }: Done): number => Number(facts.removed)

type Figure = (dones: readonly Done[]) => string

const accuracies =
  (of: (done: Done) => number | undefined): Figure =>
  dones =>
    spreadText(dones.flatMap(done => of(done) ?? []))

const raw = accuracies(({ cuts }) => cuts.at(-1)?.raw.accuracy)
const repaired = accuracies(({ cuts }) => cuts.at(-1)?.repaired.accuracy)

const figures: readonly (readonly [title: string, figure: Figure])[] = [
  ['On the test, re-trained', accuracies(({ result }) => result.test.accuracy)],
  ['On the test, the same shape from scratch', accuracies(({ scratch }) => scratch?.test.accuracy)],
  ['On validation, right after the cut → repaired', dones => `${raw(dones)} → ${repaired(dones)}`],
  ['MACs', dones => short(mean(dones.map(({ result }) => result.macs)))],
]

const columnHead = (removed: number, dones: readonly Done[]): string =>
  `${Number((100 * removed).toFixed(4))} %, ${grouped(mean(dones.map(({ result }) => result.params)))} parameters`

/** Markdown tables, one a figure; lines that have nothing to tell are left out. */
export const crossedTables = (dones: readonly Done[]): string => {
  const [lines, columns] = [[...new Set(dones.map(lineOf))], [...new Set(dones.map(removedBy))]]
  const cell = (figure: Figure, line: string, removed: number): string => {
    const runs = dones.filter(done => lineOf(done) === line && removedBy(done) === removed)
    return runs.length === 0 ? '' : figure(runs)
  }
  const heads = columns.map(removed =>
    columnHead(
      removed,
      dones.filter(done => removedBy(done) === removed),
    ),
  )
  return figures
    .map(([title, figure]) => {
      const rows = lines.map(line => [line, ...columns.map(removed => cell(figure, line, removed))])
      return { title, rows: rows.filter(([, ...cells]) => cells.some(cell => cell !== '')) }
    })
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, rows }) => `## ${title}\n\n${markdown(['removed', ...heads], rows)}`)
    .join('\n\n')
}
