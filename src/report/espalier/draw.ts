/** Draws the net of a run as an espalier: a trunk, arms as thick as they have channels, what was cut and what grew. */
import { type Element, element } from '../html/element.js'
import type { Key } from '../html/parts.js'
import { drawLost, drawWood } from './arms.js'
import { armLabel, span, text, tierLabel } from './labels.js'
import { type Layout, layOut, type PlacedTier, type Size } from './layout.js'
import { isGrown, mergeStates, type States, widest } from './limb.js'
import { leaf, type Remarks, stroke, title, titleText } from './marks.js'
import { tiersOf } from './tiers.js'
import { trunkLost, trunkWood } from './trunk.js'

/** What the colours and marks of the picture stand for. */
export const espalierKeys: readonly Key[] = [
  { name: 'kept: as thick as the root of its channels', colour: 'var(--wood)', mark: 'bar' },
  { name: 'cut', colour: 'var(--pale)', mark: 'stub' },
  { name: 'grown', colour: 'var(--grown)', mark: 'leaf' },
]

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

/** A drawing, and where everything in it lies. */
export const drawAt = (
  size: Size,
  kind: string,
  label: string,
  states: States,
  remarks: Remarks,
): { readonly layout: Layout; readonly drawing: Element } => {
  const root = mergeStates(states)
  const layout = layOut(root === null ? [] : tiersOf(root), size)
  const drawing = element(
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
  return { layout, drawing }
}

/** The picture of a net, once for a page's width and once for a narrow screen. */
export const drawEspalier = (states: States, remarks: Remarks, label: string): Element =>
  element(
    'div',
    {},
    drawAt({ width: 1040, narrow: false }, 'wide', label, states, remarks).drawing,
    drawAt({ width: 360, narrow: true }, 'narrow', label, states, remarks).drawing,
  )
