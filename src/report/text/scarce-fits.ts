/** A repair's fits that had fewer positions than unknowns, in words. */
import type { ScarceFit } from '../../learn/repair/scarce-fits.js'
import { thousands } from './numbers.js'

/** Layers named before the rest is counted. */
const mostLayers = 3

const fitText = ({ at, unknowns, positions }: ScarceFit): string =>
  `${at} ${thousands(unknowns)} inputs from ${thousands(positions)} positions`

/** fc1 4,096 inputs from 300 positions; a ridge holds the others near what they were. */
export const scarceText = (scarce: readonly ScarceFit[]): string => {
  const most = scarce.toSorted((a, b) => b.unknowns / b.positions - a.unknowns / a.positions)
  const more = most.length - mostLayers
  const layers = [...most.slice(0, mostLayers).map(fitText), ...(more > 0 ? [`${thousands(more)} more`] : [])]
  return `fitted with too few images to tell all weights: ${layers.join(', ')}; a ridge holds them near what they were`
}
