/** Where everything of an espalier lies, in pixels of its drawing; how it looks is not known here. */
import type { Limb } from './limb.js'
import { widest } from './limb.js'
import type { Arm, Tier } from './tiers.js'

/** How large a drawing is. */
export interface Size {
  readonly width: number
  /** Whether names stand above the arms, as there is no room beside them. */
  readonly narrow: boolean
}

/** A unit's part of an arm: from x to x, at the height of the arm. */
export interface PlacedUnit {
  readonly limb: Limb
  readonly from: number
  readonly to: number
}

export interface PlacedArm {
  readonly arm: Arm
  /** −1 to the left, 1 to the right. */
  readonly side: -1 | 1
  /** The height at which it leaves the trunk, and at which it grows outwards. */
  readonly root: number
  readonly y: number
  readonly units: readonly PlacedUnit[]
  readonly tip: number
}

export interface PlacedTier {
  readonly tier: Tier
  /** Heights of its lower and its upper end. */
  readonly bottom: number
  readonly top: number
  readonly arms: readonly PlacedArm[]
}

export interface Layout extends Size {
  readonly height: number
  readonly trunk: number
  readonly ground: number
  readonly tiers: readonly PlacedTier[]
  /** The thickness of so many channels. */
  readonly thickness: (channels: number) => number
}

const heights = { unit: 34, row: 46, module: 30, crown: 46, ground: 46 } as const

/** The thickness of the widest layer, and the least that can be seen. */
const thickest = 30
const thinnest = 1.6

/** How far an arm bends upwards before it grows outwards, and how far outwards that takes. */
const bend = { rise: 16, reach: 30 } as const

const heightOf = ({ arms }: Tier): number =>
  arms.length === 0 ? heights.unit : heights.module + heights.row * Math.ceil(arms.length / 2)

/** Where names stand beyond the tips, and the margin where they do not. */
const beyondTip = { wide: 190, narrow: 8 } as const

const placeUnits = (arm: Arm, start: number, end: number): readonly PlacedUnit[] =>
  arm.units.map((limb, nth) => ({
    limb,
    from: start + ((end - start) * nth) / arm.units.length,
    to: start + ((end - start) * (nth + 1)) / arm.units.length,
  }))

const placeArm =
  ({ width, narrow }: Size, bottom: number, longest: number) =>
  (arm: Arm, nth: number): PlacedArm => {
    const side = nth % 2 === 0 ? -1 : 1
    const trunk = width / 2
    const y = bottom - heights.module - heights.row * Math.floor(nth / 2) - 12
    const room = trunk - (narrow ? beyondTip.narrow : beyondTip.wide)
    const length = bend.reach + (room - bend.reach) * (0.45 + (0.55 * arm.units.length) / longest)
    const tip = trunk + side * length
    return {
      arm,
      side,
      root: y + bend.rise,
      y,
      units: placeUnits(arm, trunk + side * bend.reach, tip),
      tip,
    }
  }

const placeTiers = (tiers: readonly Tier[], size: Size, ground: number): readonly PlacedTier[] => {
  const longest = Math.max(1, ...tiers.flatMap(({ arms }) => arms.map(({ units }) => units.length)))
  let bottom = ground
  return tiers.map(tier => {
    const placed = {
      tier,
      bottom,
      top: bottom - heightOf(tier),
      arms: tier.arms.map(placeArm(size, bottom, longest)),
    }
    bottom = placed.top
    return placed
  })
}

/** Every width there is: of the trunk, and of the units of arms. */
const widthsIn = (tiers: readonly Tier[]): readonly number[] =>
  tiers.flatMap(({ limb, arms }) => [widest(limb), ...arms.flatMap(({ units }) => units.map(widest))])

export const layOut = (tiers: readonly Tier[], size: Size): Layout => {
  const most = Math.max(1, ...widthsIn(tiers))
  const ground = heights.crown + tiers.reduce((sum, tier) => sum + heightOf(tier), 0)
  return {
    ...size,
    height: ground + heights.ground,
    trunk: size.width / 2,
    ground,
    tiers: placeTiers(tiers, size, ground),
    thickness: channels => (channels === 0 ? 0 : Math.max(thinnest, thickest * Math.sqrt(channels / most))),
  }
}
