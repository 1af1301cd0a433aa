/** Draws the net of a run as an espalier: a trunk, arms as thick as they have channels, what was cut and what grew. */
import type { Path } from '../../net/path.js'
import { lastName } from '../../net/path.js'
import { type Element, element } from '../html/element.js'
import type { Key } from '../html/parts.js'
import { kindText } from '../tables/describe.js'
import { type Layout, layOut, type PlacedArm, type PlacedTier, type PlacedUnit, type Size } from './layout.js'
import { isCut, isGrown, type Limb, mergeStates, type States, widest } from './limb.js'
import { tiersOf } from './tiers.js'
import { trunkLost, trunkWood } from './trunk.js'

/** What is known of a layer beside its channels, such as its utilities, for the text under the pointer. */
export type Remarks = ReadonlyMap<Path, string>

/** What the colours and marks of the picture stand for. */
export const espalierKeys: readonly Key[] = [
  { name: 'kept: as thick as the root of its channels', colour: 'var(--wood)', mark: 'bar' },
  { name: 'cut', colour: 'var(--pale)', mark: 'pale' },
  { name: 'grown', colour: 'var(--grown)', mark: 'leaf' },
]

/** 12 of 24, or 12 where all are left. */
const countText = (limb: Limb): string => {
  const { now } = limb.channels
  return now === widest(limb) ? `${now}` : `${now} of ${widest(limb)}`
}

const titleText = (limb: Limb, remarks: Remarks): string => {
  const state = isCut(limb) ? 'cut' : isGrown(limb) ? 'grown' : 'kept'
  const remark = remarks.get(limb.path)
  return `${limb.path} (${kindText(limb.layer)}): ${countText(limb)} channels, ${state}${remark === undefined ? '' : `; ${remark}`}`
}

const title = (text: string): Element => element('title', {}, text)

const leaf = (x: number, y: number, side: number): Element =>
  element('path', {
    d: `M${x} ${y}c${side * 2} -9 ${side * 10} -12 ${side * 19} -11c${side * -1} 9 ${side * -9} 15 ${side * -19} 11Z`,
    fill: 'var(--grown)',
  })

/** Where an arm leaves the trunk: one that is thicker than it begins further out, so that it does not come out behind. */
const rootOf = ({ trunk, thickness }: Layout, arm: PlacedArm, limb: Limb): number =>
  trunk + arm.side * Math.max(0, thickness(widest(limb)) - thickness(arm.trunkChannels)) * 0.5

/** The way of a unit: the first of an arm bends away from the trunk. */
const wayOf = (layout: Layout, arm: PlacedArm, nth: number, to: number): string => {
  const unit = arm.units[nth]
  if (nth > 0 || unit === undefined) return `M${unit?.from ?? arm.tip} ${arm.y}H${to}`
  const root = rootOf(layout, arm, unit.limb)
  return `M${root} ${arm.root}C${root + arm.side * 6} ${arm.y} ${root + arm.side * 14} ${arm.y} ${unit.from} ${arm.y}H${to}`
}

const stroke = (d: string, colour: string, width: number, more = {}): Element =>
  element('path', { d, fill: 'none', stroke: colour, 'stroke-width': width.toFixed(1), ...more })

/** The share of a unit's length that its stub keeps. */
const stub = 0.35

/** Where the stub of a unit that was cut ends. */
const stubEnd = ({ from, to }: PlacedUnit): number => from + (to - from) * stub

/** A part of the picture that says what it is under the pointer. */
const titled = (limb: Limb, remarks: Remarks, ...drawn: readonly Element[]): Element =>
  element('g', {}, title(titleText(limb, remarks)), ...drawn)

/** What is left of a unit that was cut: a pale stub with a cut across. */
const drawStub = (layout: Layout, arm: PlacedArm, unit: PlacedUnit, nth: number): readonly Element[] => {
  const [end, width] = [stubEnd(unit), layout.thickness(widest(unit.limb))]
  const half = width / 2 + 5
  return [
    stroke(wayOf(layout, arm, nth, end), 'var(--pale)', width),
    stroke(`M${end - 4} ${arm.y + half}L${end + 4} ${arm.y - half}`, 'var(--cut)', 2),
  ]
}

/** The units of an arm up to the first that was cut: behind that one there is nothing. */
const standing = ({ units }: PlacedArm): readonly PlacedUnit[] => {
  const cut = units.findIndex(({ limb }) => isCut(limb))
  return cut < 0 ? units : units.slice(0, cut + 1)
}

/** What an arm lost: it lies behind the trunk and all wood. */
const drawLost =
  (layout: Layout, remarks: Remarks) =>
  (arm: PlacedArm): Element =>
    element(
      'g',
      {},
      ...standing(arm).map((unit, nth) => {
        const { limb, to } = unit
        if (isCut(limb)) return titled(limb, remarks, ...drawStub(layout, arm, unit, nth))
        const way = wayOf(layout, arm, nth, to)
        return titled(limb, remarks, stroke(way, 'var(--pale)', layout.thickness(widest(limb))))
      }),
    )

/** The wood of an arm, and leaves where it grew. */
const drawWood =
  (layout: Layout, remarks: Remarks) =>
  (arm: PlacedArm): Element =>
    element(
      'g',
      {},
      ...standing(arm).flatMap((unit, nth) => {
        const { limb, from, to } = unit
        if (isCut(limb)) return []
        const width = layout.thickness(limb.channels.now)
        const wood = isGrown(limb) ? 'var(--grown)' : nth % 2 === 0 ? 'var(--wood)' : 'var(--wood-light)'
        const cap = nth === arm.units.length - 1 ? { 'stroke-linecap': 'round' } : {}
        const leaves = isGrown(limb) ? [leaf((from + to) / 2, arm.y - width / 2, arm.side)] : []
        return [titled(limb, remarks, stroke(wayOf(layout, arm, nth, to), wood, width, cap), ...leaves)]
      }),
    )

/** Letters, with the card's colour around them, so that a wire behind does not cross them. */
const letters = {
  'font-size': 12,
  fill: 'var(--ink)',
  stroke: 'var(--card)',
  'stroke-width': 5,
  'stroke-linejoin': 'round',
  'paint-order': 'stroke',
}

const text = (x: number, y: number, anchor: string, ...spans: readonly Element[]): Element =>
  element('text', { x, y, 'text-anchor': anchor, ...letters }, ...spans)

const span = (words: string, muted = false): Element =>
  element('tspan', muted ? { fill: 'var(--muted)' } : {}, words)

/** The channels of an arm's units, outwards. */
const armCounts = ({ units }: PlacedArm): string =>
  units.every(({ limb }) => isCut(limb)) ? 'cut' : units.map(({ limb }) => countText(limb)).join(', ')

/** The most characters of a label. */
const mostLetters = { wide: 30, narrow: 24 } as const

const shortened = (words: string, most: number): string =>
  words.length <= most ? words : `${words.slice(0, most - 1)}…`

/** Where an arm ends: at its tip, or at its stub. */
const armEnd = (arm: PlacedArm): number => {
  const last = standing(arm).at(-1)
  return last !== undefined && isCut(last.limb) ? stubEnd(last) : arm.tip
}

const armLabel = ({ narrow, thickness }: Layout, arm: PlacedArm): Element => {
  const name = shortened(lastName(arm.arm.limb.path), 14)
  const most = (narrow ? mostLetters.narrow : mostLetters.wide) - name.length
  const spans = [span(name), span(` ${shortened(armCounts(arm), most)}`, true)]
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

const tierLabel = ({ trunk, thickness, narrow }: Layout, placed: PlacedTier): Element => {
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

/** Where the pointer finds what a part of the trunk is. */
const trunkTitles =
  ({ trunk, thickness }: Layout, remarks: Remarks) =>
  ({ tier: { limb }, bottom, top }: PlacedTier): Element => {
    const width = Math.max(12, thickness(widest(limb)))
    return element(
      'rect',
      { x: trunk - width / 2, y: top, width, height: bottom - top, fill: 'transparent' },
      title(titleText(limb, remarks)),
    )
  }

/** The leaves of what grew on the trunk itself. */
const trunkLeaves = ({ trunk, thickness, tiers }: Layout): readonly Element[] =>
  tiers
    .filter(({ tier: { limb } }) => isGrown(limb))
    .map(({ tier: { limb }, bottom, top }) =>
      leaf(trunk - thickness(limb.channels.now) / 2, (bottom + top) / 2 + 4, -1),
    )

/** The wires an espalier is trained on, and the ground it stands in. */
const trellis = ({ width, ground, tiers }: Layout): readonly Element[] => [
  ...[...new Set(tiers.flatMap(({ arms }) => arms.map(({ y }) => y)))].map(y =>
    stroke(`M0 ${y}H${width}`, 'var(--wire)', 1),
  ),
  stroke(`M0 ${ground}H${width}`, 'var(--line)', 1.5),
]

const ends = ({ trunk, ground }: Layout, { first }: States): readonly Element[] => [
  text(trunk, ground + 26, 'middle', span('input '), span(first.net.input.join('×'), true)),
  text(trunk, 22, 'middle', span('output')),
]

/** From the back to the front: wires, what was cut, arms, the trunk, names. */
const layersOf = (layout: Layout, remarks: Remarks): readonly Element[] => {
  const arms = layout.tiers.flatMap(tier => tier.arms)
  return [
    ...trellis(layout),
    ...arms.map(drawLost(layout, remarks)),
    trunkLost(layout),
    ...arms.map(drawWood(layout, remarks)),
    trunkWood(layout),
    ...layout.tiers.map(trunkTitles(layout, remarks)),
    ...trunkLeaves(layout),
    ...arms.map(arm => armLabel(layout, arm)),
    ...layout.tiers.map(tier => tierLabel(layout, tier)),
  ]
}

const drawAt = (size: Size, kind: string, label: string, states: States, remarks: Remarks): Element => {
  const root = mergeStates(states)
  const layout = layOut(root === null ? [] : tiersOf(root), size)
  return element(
    'svg',
    {
      class: `espalier ${kind}`,
      role: 'img',
      'aria-label': label,
      viewBox: `0 0 ${layout.width} ${layout.height}`,
    },
    title(label),
    ...layersOf(layout, remarks),
    ...ends(layout, states),
  )
}

/** The picture of a net, once for a page's width and once for a narrow screen. */
export const drawEspalier = (states: States, remarks: Remarks, label: string): Element =>
  element(
    'div',
    {},
    drawAt({ width: 1040, narrow: false }, 'wide', label, states, remarks),
    drawAt({ width: 360, narrow: true }, 'narrow', label, states, remarks),
  )
