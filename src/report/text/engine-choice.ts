/** Why an engine was chosen, as a line. */

import type { Choice, EngineTime } from '../../run/choose-engine.js'
import { milliseconds } from './numbers.js'

const paceText = ({ engine, milliseconds: time }: EngineTime): string =>
  `${milliseconds(time)} on ${engine.name}`

/** `null` where there was no choice. */
export const choiceText = ({ engine, paces }: Choice): string | null =>
  paces.length > 1
    ? `using ${engine.name}: a training step takes ${paces.map(paceText).join(', ')}; --engine chooses another`
    : null
