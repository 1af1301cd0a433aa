/** Numbers as people read them. */

/** 57,870 */
export const grouped = (n: number): string => `${Math.round(n)}`.replace(/\B(?=(\d{3})+$)/g, ',')

/** 3.52 M */
export const short = (n: number): string =>
  n >= 1e9
    ? `${(n / 1e9).toFixed(2)} G`
    : n >= 1e6
      ? `${(n / 1e6).toFixed(2)} M`
      : n >= 1e4
        ? `${(n / 1e3).toFixed(1)} k`
        : grouped(n)

/** 99.24 % */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

/** 0.0312 ms */
export const milliseconds = (ms: number): string => `${Number(ms.toPrecision(3))} ms`

/** 1 h 02 min, 3 min 20 s, 12.3 s */
export const duration = (seconds: number): string => {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (n: number) => `${n}`.padStart(2, '0')
  return hours > 0 ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(rest)} s`
}

/** Accuracy lost, in points. */
export const lostText = (lost: number): string => `${(100 * lost).toFixed(1)} points below the best it had`
