/** An ablation's results as a cross table: a line for each training and criterion, a column for each share removed. */
import type { VariantRun } from '../../run/study/runner.js'
import { compact, thousands } from '../text/numbers.js'
import { mean, meanWithDeviation } from '../text/statistics.js'
import { markdown } from './markdown.js'

/** Whether a study fits a cross table: all its variants have a share removed. */
export const canCross = (runs: readonly VariantRun[]): boolean =>
  runs.length > 0 && runs.every(({ variant: { facts } }) => 'removed' in facts)

const lineOf = ({ variant: { facts } }: VariantRun): string => `${facts.training}, ${facts.criterion}`
const removedBy = ({ variant: { facts } }: VariantRun): number => Number(facts.removed)

type Figure = (runs: readonly VariantRun[]) => string

const accuracies =
  (of: (run: VariantRun) => number | undefined): Figure =>
  runs =>
    meanWithDeviation(runs.flatMap(run => of(run) ?? []))

const raw = accuracies(({ cuts }) => cuts.at(-1)?.raw.accuracy)
const repaired = accuracies(({ cuts }) => cuts.at(-1)?.repaired.accuracy)

const figures: readonly (readonly [title: string, figure: Figure])[] = [
  ['On the test, re-trained', accuracies(({ result }) => result.test.accuracy)],
  ['On the test, the same shape from scratch', accuracies(({ scratch }) => scratch?.test.accuracy)],
  ['On validation, right after the cut → repaired', runs => `${raw(runs)} → ${repaired(runs)}`],
  ['MACs', runs => compact(mean(runs.map(({ result }) => result.macs)))],
]

const columnHead = (removed: number, runs: readonly VariantRun[]): string =>
  `${Number((100 * removed).toFixed(4))} %, ${thousands(mean(runs.map(({ result }) => result.params)))} parameters`

/** Markdown tables, one a figure, without empty lines. */
export const crossedTables = (runs: readonly VariantRun[]): string => {
  const [lines, columns] = [[...new Set(runs.map(lineOf))], [...new Set(runs.map(removedBy))]]
  const cell = (figure: Figure, line: string, removed: number): string => {
    const matching = runs.filter(run => lineOf(run) === line && removedBy(run) === removed)
    return matching.length === 0 ? '' : figure(matching)
  }
  const heads = columns.map(removed =>
    columnHead(
      removed,
      runs.filter(run => removedBy(run) === removed),
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
