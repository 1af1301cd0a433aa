/** The marks of the picture: strokes, leaves, and what says under the pointer what a part is. */
import type { Path } from '../../net/path.js'
import { type Element, element } from '../html/element.js'
import { kindText } from '../tables/describe.js'
import { isCut, isGrown, type Limb, widest } from './limb.js'

/** What is known of a layer beside its channels, such as its utilities, for the text under the pointer. */
export type Remarks = ReadonlyMap<Path, string>

/** 12 of 24, or 12 where all are left. */
export const countText = (limb: Limb, of = ' of '): string => {
  const { now } = limb.channels
  return now === widest(limb) ? `${now}` : `${now}${of}${widest(limb)}`
}

export const titleText = (limb: Limb, remarks: Remarks): string => {
  const state = isCut(limb) ? 'cut' : isGrown(limb) ? 'grown' : 'kept'
  const remark = remarks.get(limb.path)
  return `${limb.path} (${kindText(limb.layer)}): ${countText(limb)} channels, ${state}${remark === undefined ? '' : `; ${remark}`}`
}

export const title = (text: string): Element => element('title', {}, text)

/** `side`, `up`: −1 or 1, where its tip points. */
export const leaf = (x: number, y: number, side: number, up = 1): Element =>
  element('path', {
    d: `M${x} ${y}c${side * 2} ${up * -9} ${side * 10} ${up * -12} ${side * 19} ${up * -11}c${side * -1} ${up * 9} ${side * -9} ${up * 15} ${side * -19} ${up * 11}Z`,
    fill: 'var(--grown)',
  })

export const stroke = (d: string, colour: string, width: number, more = {}): Element =>
  element('path', { d, fill: 'none', stroke: colour, 'stroke-width': width.toFixed(1), ...more })

/** A part of the picture that says what it is under the pointer. */
export const titled = (limb: Limb, remarks: Remarks, ...drawn: readonly Element[]): Element =>
  element('g', {}, title(titleText(limb, remarks)), ...drawn)
