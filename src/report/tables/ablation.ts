/** An ablation's results, crossed: a line for each training and criterion, a column for each share removed. */
import type { VariantRun } from '../../run/study/runner.js'
import { compact, thousands } from '../text/numbers.js'
import { mean, meanWithDeviation } from '../text/statistics.js'
import { markdown } from './markdown.js'

/** Whether the entrants of a study can be crossed: all tell what share of a net they removed. */
export const canCross = (dones: readonly VariantRun[]): boolean =>
  dones.length > 0 && dones.every(({ entrant: { facts } }) => 'removed' in facts)

const lineOf = ({ entrant: { facts } }: VariantRun): string => `${facts.training}, ${facts.criterion}`
const removedBy = ({ entrant: { facts } }: VariantRun): number => Number(facts.removed)

type Figure = (dones: readonly VariantRun[]) => string

const accuracies =
  (of: (done: VariantRun) => number | undefined): Figure =>
  dones =>
    meanWithDeviation(dones.flatMap(done => of(done) ?? []))

const raw = accuracies(({ cuts }) => cuts.at(-1)?.raw.accuracy)
const repaired = accuracies(({ cuts }) => cuts.at(-1)?.repaired.accuracy)

const figures: readonly (readonly [title: string, figure: Figure])[] = [
  ['On the test, re-trained', accuracies(({ result }) => result.test.accuracy)],
  ['On the test, the same shape from scratch', accuracies(({ scratch }) => scratch?.test.accuracy)],
  ['On validation, right after the cut → repaired', dones => `${raw(dones)} → ${repaired(dones)}`],
  ['MACs', dones => compact(mean(dones.map(({ result }) => result.macs)))],
]

const columnHead = (removed: number, dones: readonly VariantRun[]): string =>
  `${Number((100 * removed).toFixed(4))} %, ${thousands(mean(dones.map(({ result }) => result.params)))} parameters`

/** Markdown tables, one a figure; lines that have nothing to tell are left out. */
export const crossedTables = (dones: readonly VariantRun[]): string => {
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
