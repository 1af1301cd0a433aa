/** The end of a run as a table: each stage, then the test. */
import type { Result } from '../run/event.js'
import { duration, grouped, percent, short } from './number.js'
import { table } from './table.js'

export const outcome = (result: Result): string => {
  const rows = result.stages.map((stage, nth) => [
    `${nth + 1} ${stage.name}`,
    grouped(stage.params),
    short(stage.macs),
    percent(stage.validation.accuracy),
    duration(stage.seconds),
  ])
  return [
    table(['stage', 'parameters', 'MACs', 'validation', 'time'], rows),
    '',
    `test ${percent(result.test.accuracy)} (loss ${result.test.loss.toFixed(4)}) with ${grouped(result.params)} parameters, ${short(result.macs)} MACs`,
    `${result.engine.name} ${result.engine.version}, seed ${result.seed}, ${result.data.name} ${result.data.checksum}, ${duration(result.seconds)}`,
    `saved in ${result.out}`,
  ].join('\n')
}
