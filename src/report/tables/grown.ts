/** A net met while growing, as the cells of a table. */
import type { GrownNet } from '../../run/events.js'
import { compact, percent, thousands } from '../text/numbers.js'

/** Name, parameters, MACs, KB, validation accuracy, and whether it computed the same when it was grown. */
export const grownCells = ({ name, params, macs, bytes, validation, exact }: GrownNet): readonly string[] => [
  name,
  thousands(params),
  compact(macs),
  (bytes / 1000).toFixed(1),
  percent(validation.accuracy),
  exact ? 'yes' : 'no',
]
