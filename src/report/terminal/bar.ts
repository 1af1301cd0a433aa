/** A bar as one line of a given width. */

export interface Bar {
  /** The label. */
  readonly what: string
  /** 0–1; `null` where the total is unknown. */
  readonly share: number | null
  /** Texts behind the bar; where not all fit, the first are dropped first. */
  readonly gauges: readonly string[]
}

const [narrowest, widest] = [4, 24]
const gap = '  '

/** The end of a text that is too long: the end of a path is what distinguishes it. */
const shorten = (text: string, width: number): string =>
  text.length <= width ? text : `…${text.slice(text.length - width + 1)}`

/** Columns left for the bar between label and gauges. */
const barColumns = (width: number, what: string, gauges: readonly string[]): number =>
  width - [gap, what, ' ', ...gauges.map(gauge => gap + gauge)].join('').length

/**
 * `draw` gives a bar of so many columns, filled to a share.
 *
 * Law  never longer than `width`
 */
export const barLine =
  (draw: (share: number, columns: number) => string, width: number) =>
  ({ what: whole, share, gauges: all }: Bar): string => {
    const what = shorten(whole, Math.max(1, width - 2 * gap.length - narrowest))
    const gauges =
      all.map((_, nth) => all.slice(nth)).find(some => barColumns(width, what, some) >= narrowest) ?? []
    const columns = Math.min(widest, barColumns(width, what, gauges))
    const bar = share === null || columns < narrowest ? '' : ` ${draw(share, columns)}`
    return [gap + what + bar, ...gauges].join(gap).slice(0, Math.max(0, width))
  }
