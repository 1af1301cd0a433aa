/** To which multiples the widths of pruned layers are rounded up, so that a cut saves time as well as work. */
import { costFor } from '../cost.js'
import type { Target } from '../target.js'

/**
 * A multiple; or `'auto'`: 16 channels where the target is in multiply–accumulates or a latency, which is what kernels
 * take at once, 8 or less where the target is out of reach with 16; narrower layers are cut to the channel, as are all
 * others where the target is another.
 */
export type RoundTo = number | 'auto'

/** By the width of a group, the multiple that what stays of it is rounded up to. */
export type Multiple = (width: number) => number

/** Channels that kernels take at once: the floats of one register of AVX-512, or of two of AVX2; then halves of it. */
const registers = [16, 8, 4, 2, 1] as const

/** A layer as wide as a register loses registers; a narrower one is in one register whatever it loses. */
const byRegister =
  (register: number): Multiple =>
  width =>
    width >= register ? register : 1

/** The multiples to try, each where the target is out of reach with the one before. */
export const multiplesFor = (roundTo: RoundTo, target: Target): readonly [Multiple, ...Multiple[]] => {
  if (roundTo !== 'auto') return [() => roundTo]
  const [first, ...smaller] = registers
  return costFor(target) === 'macs' ? [byRegister(first), ...smaller.map(byRegister)] : [() => 1]
}
