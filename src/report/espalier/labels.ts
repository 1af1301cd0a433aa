/** The names in an espalier, and how many channels are left. */
import { lastName } from '../../net/path.js'
import { type Element, element } from '../html/element.js'
import { kindText } from '../tables/describe.js'
import { armEnd } from './arms.js'
import type { Layout, PlacedArm, PlacedTier } from './layout.js'
import { isCut, type Limb, widest } from './limb.js'
import { countText } from './marks.js'

/** Letters, with the card's colour around them, so that a wire behind does not cross them. */
const letters = {
  'font-size': 12,
  fill: 'var(--ink)',
  stroke: 'var(--card)',
  'stroke-width': 5,
  'stroke-linejoin': 'round',
  'paint-order': 'stroke',
}

export const text = (x: number, y: number, anchor: string, ...spans: readonly Element[]): Element =>
  element('text', { x, y, 'text-anchor': anchor, ...letters }, ...spans)

export const span = (words: string, muted = false): Element =>
  element('tspan', muted ? { fill: 'var(--muted)' } : {}, words)

/** The channels of an arm's units, outwards. */
const armCounts = ({ units }: PlacedArm, of: string): string =>
  units.every(({ limb }) => isCut(limb)) ? 'cut' : units.map(({ limb }) => countText(limb, of)).join(', ')

/** The most characters of a label. */
const mostLetters = { wide: 30, narrow: 24 } as const

const shortened = (words: string, most: number): string =>
  words.length <= most ? words : `${words.slice(0, most - 1)}…`

export const armLabel = ({ narrow, thickness }: Layout, arm: PlacedArm): Element => {
  const name = shortened(lastName(arm.arm.limb.path), 14)
  const most = (narrow ? mostLetters.narrow : mostLetters.wide) - name.length
  const spans = [span(name), span(` ${shortened(armCounts(arm, narrow ? '/' : ' of '), most)}`, true)]
  const [end, isRight] = [armEnd(arm), arm.side === 1]
  if (!narrow || end !== arm.tip) {
    const cap = thickness(arm.units.at(-1)?.limb.channels.now ?? 0) / 2
    return text(end + arm.side * (10 + cap), arm.y + 4, isRight ? 'start' : 'end', ...spans)
  }
  const above = Math.max(...arm.units.map(({ limb }) => thickness(widest(limb)))) / 2 + 5
  return text(end, arm.y - above, isRight ? 'end' : 'start', ...spans)
}

/** A layer's name, and its kind where there is room for it and it says more. */
const tierName = ({ path, layer }: Limb, isUnit: boolean, narrow: boolean): string => {
  const name = path.length > (narrow ? 14 : 18) ? shortened(lastName(path), 14) : path
  const [first, ...kind] = kindText(layer)
    .replace(/,? \d+$/, '')
    .split(' ')
  if (narrow || !isUnit) return name
  return [name, ...(first === lastName(path) ? [] : [first]), ...kind].join(' ')
}

export const tierLabel = ({ trunk, thickness, narrow }: Layout, placed: PlacedTier): Element => {
  const {
    tier: { limb, arms },
    bottom,
    top,
  } = placed
  const x = trunk + thickness(widest(limb)) / 2 + 10
  const y = arms.length === 0 ? (bottom + top) / 2 + 4 : bottom - 8
  const counts = isCut(limb) ? 'cut' : countText(limb)
  return text(x, y, 'start', span(tierName(limb, arms.length === 0, narrow)), span(` ${counts}`, true))
}
