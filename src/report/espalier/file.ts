/** The espalier of a run as a file of its own: the net before the first cut, and beside it what is left. */
import { countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import { type Element, element } from '../html/element.js'
import { svgFile } from '../html/svg-file.js'
import { thousands } from '../text/numbers.js'
import { drawAt } from './draw.js'
import type { States } from './limb.js'

const width = 400
const margin = 16
/** Above a drawing, for the words that say which it is. */
const head = 40

const paramsText = (net: CheckedNet): string => `${thousands(countParams(net))} parameters`

/** A drawing of one state under its name, and its height. */
const panel = (
  states: States,
  name: string,
  x: number,
): { readonly height: number; readonly drawn: Element } => {
  const label = `${name}: ${paramsText(states.now)}`
  const { layout, drawing } = drawAt({ width, narrow: true }, 'narrow', label, states, new Map())
  const place = { x, y: head, width: layout.width, height: layout.height }
  return {
    height: layout.height,
    drawn: element(
      'g',
      {},
      element('text', { x: x + width / 2, y: 28, 'text-anchor': 'middle', style: 'font-size: 15px' }, label),
      { ...drawing, attributes: { ...drawing.attributes, ...place } },
    ),
  }
}

/** An SVG for light and dark grounds. */
export const espalierFile = (states: States): string => {
  const before = panel({ ...states, now: states.before }, 'before', margin)
  const after = panel(states, 'after', margin + width + margin)
  const size = {
    width: 2 * width + 3 * margin,
    height: head + Math.max(before.height, after.height) + margin,
  }
  const label = `The net ${states.now.net.name} as an espalier, from ${paramsText(states.before)} to ${paramsText(states.now)}`
  return svgFile({ ...size, label }, before.drawn, after.drawn)
}
