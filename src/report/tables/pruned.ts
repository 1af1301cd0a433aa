/** A cut of a given model as a table: its size and its accuracy, before, after the cut and repaired. */
import { countMacs, countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import type { PrunedOnce } from '../../run/standalone/prune-once.js'
import { compact, percent, thousands } from '../text/numbers.js'
import { table } from './table.js'

const sizes = (net: CheckedNet): readonly string[] => [thousands(countParams(net)), compact(countMacs(net))]

/** `accuracies`: `null` where no image was looked at. */
export const prunedTable = (
  before: CheckedNet,
  after: CheckedNet,
  accuracies: Pick<PrunedOnce, 'before' | 'cut' | 'repaired'> | null,
): string => {
  const head = ['', 'parameters', 'MACs']
  if (accuracies === null)
    return table(head, [
      ['before', ...sizes(before)],
      ['after', ...sizes(after)],
    ])
  return table(
    [...head, 'accuracy'],
    [
      ['before', ...sizes(before), percent(accuracies.before)],
      ['cut', ...sizes(after), percent(accuracies.cut)],
      ['repaired', ...sizes(after), percent(accuracies.repaired)],
    ],
  )
}
