/** A net as an espalier's parts: what follows on the trunk, and the arms that leave it. */
import type { Limb } from './limb.js'
import { unitsIn } from './limb.js'

/** A branch of a module: its units, from the trunk outwards. */
export interface Arm {
  readonly limb: Limb
  readonly units: readonly Limb[]
}

/** A place on the trunk: a unit, or a module with its arms. */
export interface Tier {
  readonly limb: Limb
  readonly arms: readonly Arm[]
}

const armsOf = (limb: Limb): readonly Arm[] =>
  limb.children.map(child => ({ limb: child, units: unitsIn(child) })).filter(({ units }) => units.length > 0)

/** The tiers from the input to the output. */
export const tiersOf = (limb: Limb): readonly Tier[] => {
  switch (limb.layer._tag) {
    case 'stack':
      return limb.children.flatMap(tiersOf)
    case 'concat':
    case 'residual':
      return [{ limb, arms: armsOf(limb) }]
    default:
      return unitsIn(limb).map(unit => ({ limb: unit, arms: [] }))
  }
}
