/** The arms of an espalier: their wood, and what they lost. */
import { type Element, element } from '../html/element.js'
import type { Layout, PlacedArm, PlacedUnit } from './layout.js'
import { isCut, isGrown, type Limb, widest } from './limb.js'
import { leaf, type Remarks, stroke, titled } from './marks.js'

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

/** The share of a unit's length that its stub keeps. */
const stub = 0.35

/** Where the stub of a unit that was cut ends. */
const stubEnd = ({ from, to }: PlacedUnit): number => from + (to - from) * stub

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
export const drawLost =
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
export const drawWood =
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
        const up = layout.narrow ? -1 : 1 // names stand above the arms of a narrow drawing
        const leaves = isGrown(limb) ? [leaf((from + to) / 2, arm.y - (up * width) / 2, arm.side, up)] : []
        return [titled(limb, remarks, stroke(wayOf(layout, arm, nth, to), wood, width, cap), ...leaves)]
      }),
    )

/** Where an arm ends: at its tip, or at its stub. */
export const armEnd = (arm: PlacedArm): number => {
  const last = standing(arm).at(-1)
  return last !== undefined && isCut(last.limb) ? stubEnd(last) : arm.tip
}
