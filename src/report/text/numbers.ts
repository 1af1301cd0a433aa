/** Numbers as people read them. */
import type { KeptEpoch } from '../../run/events.js'

/** 57,870 */
export const thousands = (n: number): string => `${Math.round(n)}`.replace(/\B(?=(\d{3})+$)/g, ',')

/** 3.52 M */
export const compact = (n: number): string =>
  n >= 1e12
    ? `${(n / 1e12).toFixed(2)} T`
    : n >= 1e9
      ? `${(n / 1e9).toFixed(2)} G`
      : n >= 1e6
        ? `${(n / 1e6).toFixed(2)} M`
        : n >= 1e4
          ? `${(n / 1e3).toFixed(1)} k`
          : thousands(n)

/** 99.24 % */
export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`

/** 0.2500, or 1.00e+30 where that is shorter. */
export const decimal = (n: number): string => (Math.abs(n) < 1e4 ? n.toFixed(4) : n.toExponential(2))

/** 1 image, 1,200 images */
export const counted = (n: number, what: string): string => `${thousands(n)} ${what}${n === 1 ? '' : 's'}`

/** 0.0312 ms */
export const milliseconds = (ms: number): string => `${Number(ms.toPrecision(3))} ms`

/** Seconds from which on times are told as no more than that: nobody waits so long. */
const [day, mostDays] = [24 * 3600, 1000]

/** What is longer than anything that runs, or no time at all, as a clock that was set may give. */
const isBeyond = (seconds: number): boolean => !(seconds < mostDays * day)

const beyond = `over ${thousands(mostDays)} days`

/** 12 days 3 h, 1 h 02 min, 3 min 20 s, 12.3 s */
export const duration = (seconds: number): string => {
  if (isBeyond(seconds)) return beyond
  if (seconds >= 2 * day) return `${Math.floor(seconds / day)} days ${Math.floor((seconds % day) / 3600)} h`
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (n: number) => `${n}`.padStart(2, '0')
  return hours > 0 ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(rest)} s`
}

/** 40 s, 12 min, 3 h 20 min, 12 days: as precise as an estimate is. */
export const roughly = (seconds: number): string => {
  if (isBeyond(seconds)) return beyond
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return minutes < 48 * 60
    ? `${Math.floor(minutes / 60)} h ${`${minutes % 60}`.padStart(2, '0')} min`
    : counted(Math.round(minutes / (24 * 60)), 'day')
}

/** Accuracy lost, in points. */
export const lostText = (lost: number): string => `${(100 * lost).toFixed(1)} points below the best it had`

/** The best epoch of a training, and whether its weights stayed. */
export const bestEpochText = ({ epoch, epochs, accuracy, restored }: KeptEpoch): string =>
  `best epoch ${epoch + 1} of ${epochs}, validation ${percent(accuracy)}${restored ? ': its weights stay' : ''}`
/** A share as points of accuracy: 0.5 points, 1 point */
export const pointsText = (share: number): string => {
  const points = Number((100 * share).toPrecision(3))
  return `${points} point${points === 1 ? '' : 's'}`
}
