/** Per layer the channels that are left of those there were. */
import type { States } from '../espalier/limb.js'
import { isGrown, type Limb, mergeStates, unitsIn, widest } from '../espalier/limb.js'
import { type Element, element } from '../html/element.js'
import { type Cell, tableOf } from '../html/parts.js'
import { kindText } from '../tables/describe.js'
import { percent, thousands } from '../text/numbers.js'

const bar = (limb: Limb): Element => {
  const { now } = limb.channels
  const share = now / Math.max(1, widest(limb))
  return element(
    'span',
    { class: isGrown(limb) ? 'bar grown' : 'bar', 'aria-hidden': 'true' },
    element('i', { style: `width:${(100 * share).toFixed(1)}%` }),
  )
}

const cell = (text: string, value: number): Cell => ({ text, value })

const stateText = (limb: Limb): string => {
  if (limb.channels.now === 0) return 'cut'
  return isGrown(limb) ? 'grown' : limb.channels.now < widest(limb) ? 'narrowed' : 'whole'
}

const rowOf = (limb: Limb): readonly (string | Cell)[] => {
  const { now } = limb.channels
  return [
    limb.path,
    cell(`${thousands(now)} of ${thousands(widest(limb))}`, now),
    { text: bar(limb), value: now / Math.max(1, widest(limb)) },
    cell(percent(now / Math.max(1, widest(limb)), 0), now / Math.max(1, widest(limb))),
    stateText(limb),
    kindText(limb.layer),
  ]
}

/** A row a layer that makes channels or filters each. */
export const layersTable = (states: States): Element => {
  const root = mergeStates(states)
  const units = root === null ? [] : unitsIn(root)
  return tableOf(
    'Channels of each layer: left, and of those there were',
    ['layer', 'channels', 'left', 'share', 'state', 'kind'],
    units.map(rowOf),
    true,
  )
}
