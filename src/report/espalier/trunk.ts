/** The trunk of an espalier: one outline that narrows and widens from tier to tier, over the pale one of what was cut. */
import { type Element, element } from '../html/element.js'
import type { Layout } from './layout.js'
import { type Limb, widest } from './limb.js'

/** A height, and the thickness above it. */
interface Level {
  readonly y: number
  readonly width: number
}

/** The share of a tier in which the trunk comes to its thickness. */
const ease = 10

/** What flows through a tier that is gone, as a residual without its body, is what comes from the one below. */
const levelsOf = ({ tiers, thickness }: Layout, channels: (limb: Limb) => number): readonly Level[] =>
  tiers.map(({ bottom }, nth) => {
    const flow = tiers.slice(0, nth + 1).findLast(({ tier: { limb } }) => channels(limb) > 0)
    return { y: bottom, width: flow === undefined ? 0 : thickness(channels(flow.tier.limb)) }
  })

/** One edge upwards, in gentle steps. */
const edge = (levels: readonly Level[], trunk: number, side: -1 | 1, top: number): readonly string[] =>
  levels.map(({ y, width }, nth) => {
    const x = trunk + (side * width) / 2
    const end = levels[nth + 1]?.y ?? top
    const before = levels[nth - 1]?.width ?? width * 1.25
    const from = trunk + (side * before) / 2
    return nth === 0
      ? `${from} ${y}C${from} ${y - ease} ${x} ${y - ease / 2} ${x} ${y - 2 * ease}L${x} ${end}`
      : `C${from} ${y - ease} ${x} ${y} ${x} ${y - ease}L${x} ${end}`
  })

/** Two halves, each from an edge to the middle. */
const outline = (levels: readonly Level[], trunk: number, top: number): string => {
  const left = edge(levels, trunk, -1, top).join('')
  const right = edge(levels, trunk, 1, top).join('')
  const half = (path: string): string => `M${path}L${trunk} ${top}L${trunk} ${levels[0]?.y ?? top}Z`
  return `${half(left)}${half(right)}`
}

const shapeOf = (layout: Layout, channels: (limb: Limb) => number, fill: string): Element => {
  const top = (layout.tiers.at(-1)?.top ?? layout.ground) - 6
  return element('path', { d: outline(levelsOf(layout, channels), layout.trunk, top), fill })
}

/** The trunk as thick as it ever was. */
export const trunkLost = (layout: Layout): Element => shapeOf(layout, widest, 'var(--pale)')

/** The trunk as it is. */
export const trunkWood = (layout: Layout): Element =>
  shapeOf(layout, ({ channels: { now } }) => now, 'var(--wood)')
