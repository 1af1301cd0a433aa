/** The end of a run as a table: each step, then the test. */
import type { Comparison, GrownNet, Result } from '../../run/events.js'
import {
  bestEpochText,
  compact,
  decimal,
  duration,
  lostText,
  milliseconds,
  percent,
  thousands,
} from '../text/numbers.js'
import { stepText } from '../text/phrases.js'
import { provenanceOf } from '../text/provenance.js'
import { stopText } from '../text/stop-reason.js'
import { grownCells } from './grown.js'
import { table } from './table.js'

/** The relative difference up to which two medians count as equal. */
const tolerance = 0.05

/** A line where the final net is slower than the one before the first prune. */
const slowerLines = (compared: readonly Comparison[]): readonly string[] => {
  const [before, after] = ['before', 'after'].map(name => compared.find(each => each.name === name)?.latency)
  if (before === undefined || after === undefined) return []
  const latencies = [
    ['1 image', before.one, after.one],
    ['100 images', before.hundred, after.hundred],
  ] as const
  const lines = latencies.flatMap(([what, was, is]) =>
    is > was * (1 + tolerance) ? [`${what} ${milliseconds(was)} → ${milliseconds(is)}`] : [],
  )
  return lines.length === 0
    ? []
    : [`after the cut it is slower: ${lines.join(', ')}; try a target in latency`]
}

const comparisonTable = (compared: readonly Comparison[]): readonly string[] => [
  '',
  table(
    ['', 'parameters', 'MACs', 'KB', 'test', '1 image', '100 images'],
    compared.map(({ name, params, macs, bytes, test, latency }) => [
      name,
      thousands(params),
      compact(macs),
      (bytes / 1000).toFixed(1),
      percent(test.accuracy),
      milliseconds(latency.one),
      milliseconds(latency.hundred),
    ]),
  ),
  ...slowerLines(compared),
]

const grownTable = (nets: readonly GrownNet[]): readonly string[] => [
  '',
  table(['net', 'parameters', 'MACs', 'KB', 'validation', 'exact'], nets.map(grownCells)),
]

export const resultTable = (result: Result): string => {
  const { engine, data, code } = provenanceOf(result)
  const rows = result.stages.map((stage, nth) => [
    `${nth + 1} ${stage.name}`,
    thousands(stage.params),
    compact(stage.macs),
    percent(stage.validation.accuracy),
    duration(stage.seconds),
  ])
  return [
    table(['step', 'parameters', 'MACs', 'validation', 'time'], rows),
    ...result.stages.flatMap(({ name, stopped }, nth) =>
      stopped === undefined ? [] : [`step ${nth + 1} ${name} stopped: ${stopText(stopped)}`],
    ),
    ...result.stages.flatMap(({ name, lost }, nth) =>
      lost === undefined ? [] : [`step ${nth + 1} ${name} ended ${lostText(lost)}`],
    ),
    ...(result.bestEpochs ?? []).map(kept => `${stepText(kept.place)} ${bestEpochText(kept)}`),
    ...(result.met === undefined ? [] : grownTable(result.met)),
    ...(result.compared === undefined ? [] : comparisonTable(result.compared)),
    '',
    `test ${percent(result.test.accuracy)} (loss ${decimal(result.test.loss)}) with ${thousands(result.params)} parameters, ${compact(result.macs)} MACs`,
    ...(result.trainingMacs === undefined ? [] : [`learning took ${compact(result.trainingMacs)} MACs`]),
    ...(result.mirrored === undefined
      ? []
      : [
          `with mirror images, at twice the cost: test ${percent(result.mirrored.accuracy)} (loss ${decimal(result.mirrored.loss)})`,
        ]),
    `${engine}; seed ${result.seed}; ${data}; ${code}; ${duration(result.seconds)}`,
    `saved in ${result.out}`,
  ].join('\n')
}
