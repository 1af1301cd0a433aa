/** Why an engine was chosen, in words. */

import type { Choice, Pace } from '../../run/fastest-engine.js'
import { milliseconds } from './numbers.js'

const paceText = ({ engine, milliseconds: taken }: Pace): string => `${milliseconds(taken)} on ${engine.name}`

/** `null` where there was no choice. */
export const choiceText = ({ engine, paces }: Choice): string | null =>
  paces.length > 1
    ? `${engine.name} computes: a training step takes ${paces.map(paceText).join(', ')}; --engine names another`
    : null
