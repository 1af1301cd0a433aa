/** How much of what pruning saves in multiply–accumulates it saves in time: a net and its cuts, on each engine and in onnxruntime. */
import { contestantsFor } from '../contestants.js'
import { machine, machineLine } from '../machine.js'
import { cutNet, type TimedNet, timedNet } from '../nets.js'
import { keep, median } from '../tools.js'
import { type Contestant, type Timing, takeTurns } from '../turns.js'

/** What the stage is told. */
export interface PrunedSettings {
  readonly nets: readonly string[]
  readonly files: string
  readonly batches: readonly number[]
  readonly threads: number
  readonly python: string
  readonly rounds: number
  readonly contestants: readonly string[]
  /** Widths of the cuts are multiples of one of these; by default as a prune rounds them by itself. */
  readonly roundTo: readonly (number | undefined)[]
}

/** The shares of the multiply–accumulates that stay: 2, 4 and 8 times fewer. */
const shares = [0.5, 0.25, 0.125]

/** A cut on one contestant: how many times fewer multiply–accumulates, and how many times faster. */
interface Gain {
  readonly net: string
  readonly contestant: string
  readonly batch: number
  readonly fewer: number
  readonly faster: number
}

const cutsOf = async (name: string, { files, roundTo }: PrunedSettings): Promise<readonly TimedNet[]> => {
  const nets: TimedNet[] = []
  for (const round of roundTo)
    for (const share of shares)
      nets.push(await cutNet(name, files, { share, ...(round !== undefined && { roundTo: round }) }))
  return nets
}

const contestantOf = (
  net: TimedNet,
  name: string,
  { threads, python }: PrunedSettings,
  batch: number,
): Contestant => {
  const [found] = contestantsFor(net, { stage: 'infer', batch, threads, python }, [name])
  if (found === undefined) throw new Error(`no contestant ${name}`)
  return { ...found, name: net.name }
}

const timeOf = (timing: Timing | undefined): number =>
  timing === undefined || 'failed' in timing ? Number.NaN : median(timing.milliseconds)

/** A net and its cuts take turns on one contestant. */
const gainsOn = async (
  nets: readonly TimedNet[],
  contestant: string,
  batch: number,
  settings: PrunedSettings,
): Promise<readonly Gain[]> => {
  const timings = await takeTurns(
    nets.map(net => contestantOf(net, contestant, settings, batch)),
    settings.rounds,
  )
  const [whole, ...cuts] = nets
  return cuts.map((cut, nth) => ({
    net: cut.name,
    contestant,
    batch,
    fewer: (whole?.macs ?? Number.NaN) / cut.macs,
    faster: timeOf(timings[0]) / timeOf(timings[nth + 1]),
  }))
}

const row = ({ net, contestant, batch, fewer, faster }: Gain): string =>
  `| ${net} | ${contestant} | ${batch} | ${fewer.toFixed(2)} | ${faster.toFixed(2)} | ${(faster / fewer).toFixed(2)} |`

const report = (gains: readonly Gain[], { threads, rounds }: PrunedSettings): string =>
  [
    '# Pruned means faster',
    `${machineLine(machine())}; ${threads} threads; medians of ${rounds} rounds, each net alone in its turn. A net's name ends in the share of the multiply–accumulates that it kept, and what widths are multiples of.`,
    [
      '| net | on | batch | times fewer MACs | times faster | faster / fewer |',
      '| --- | --- | --- | --- | --- | --- |',
      ...gains.map(row),
    ].join('\n'),
  ].join('\n\n')

/** Writes bench/results/pruned.md. */
export const measurePruned = async (settings: PrunedSettings): Promise<void> => {
  const gains: Gain[] = []
  for (const name of settings.nets) {
    const nets = [await timedNet(name, settings.files), ...(await cutsOf(name, settings))]
    for (const batch of settings.batches)
      for (const contestant of settings.contestants) {
        const measured = await gainsOn(nets, contestant, batch, settings)
        for (const gain of measured) console.log(row(gain))
        gains.push(...measured)
        keep('pruned.md', report(gains, settings))
      }
  }
}
