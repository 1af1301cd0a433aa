/** Where everything of an espalier lies, in pixels of its drawing; how it looks is not known here. */
import { sumBy } from '../../io/count.js'
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
  /** The channels of the trunk it leaves. */
  readonly trunkChannels: number
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

/** Heights of tiers where there is room for them, and the least of which names can be read. */
const roomy = { unit: 34, row: 46, module: 30 } as const
const tight = { unit: 24, row: 30, module: 22 } as const

/** The most tiers there is room for. */
const mostRoomy = 14

interface Heights {
  readonly unit: number
  readonly row: number
  readonly module: number
}

/** Above the last tier, and below the first. */
const margins = { crown: 46, ground: 46 } as const

/** The thickness of the widest layer, and the least that can be seen. */
const thickest = 30
const thinnest = 1.6

/** How far an arm bends upwards before it grows outwards, and how far outwards that takes. */
const bend = { rise: 16, reach: 30 } as const

const heightOf =
  ({ unit, row, module }: Heights) =>
  ({ arms }: Tier): number =>
    arms.length === 0 ? unit : module + row * Math.ceil(arms.length / 2)

/** The room for names beyond the tips, and the margin where they do not stand there. */
const beyondTip = { wide: 190, narrow: 22 } as const

const placeUnits = (arm: Arm, start: number, end: number): readonly PlacedUnit[] =>
  arm.units.map((limb, nth) => ({
    limb,
    from: start + ((end - start) * nth) / arm.units.length,
    to: start + ((end - start) * (nth + 1)) / arm.units.length,
  }))

/** Arms alternate between the sides, and so do tiers that have one. */
const sideOf = (tier: number, arm: number): -1 | 1 => ((tier + arm) % 2 === 0 ? -1 : 1)

const placeArm =
  ({ width, narrow }: Size, heights: Heights, { limb: { channels } }: Tier, tier: number) =>
  (bottom: number, longest: number) =>
  (arm: Arm, nth: number): PlacedArm => {
    const side = sideOf(tier, nth)
    const trunk = width / 2
    const y = bottom - heights.module - heights.row * Math.floor(nth / 2) - 12
    const room = trunk - (narrow ? beyondTip.narrow : beyondTip.wide)
    const length = bend.reach + (room - bend.reach) * (0.45 + (0.55 * arm.units.length) / longest)
    const tip = trunk + side * length
    return {
      arm,
      trunkChannels: Math.max(channels.before, channels.now),
      side,
      root: y + bend.rise,
      y,
      units: placeUnits(arm, trunk + side * bend.reach, tip),
      tip,
    }
  }

const placeTiers = (
  tiers: readonly Tier[],
  size: Size,
  heights: Heights,
  ground: number,
): readonly PlacedTier[] => {
  const longest = Math.max(1, ...tiers.flatMap(({ arms }) => arms.map(({ units }) => units.length)))
  let bottom = ground
  return tiers.map((tier, nth) => {
    const placed = {
      tier,
      bottom,
      top: bottom - heightOf(heights)(tier),
      arms: tier.arms.map(placeArm(size, heights, tier, nth)(bottom, longest)),
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
  const heights = tiers.length > mostRoomy ? tight : roomy
  const ground = margins.crown + sumBy(tiers, heightOf(heights))
  return {
    ...size,
    height: ground + margins.ground,
    trunk: size.width / 2,
    ground,
    tiers: placeTiers(tiers, size, heights, ground),
    thickness: channels => (channels === 0 ? 0 : Math.max(thinnest, thickest * Math.sqrt(channels / most))),
  }
}
