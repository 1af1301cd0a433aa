/** Why an engine was chosen, as a line. */

import type { EngineTime } from '../../run/engines/choose-engine.js'
import type { RememberedChoice } from '../../run/engines/remembered-choice.js'
import { counted, milliseconds } from './numbers.js'

type NameEngine = (engine: EngineTime['engine']) => string

/** With its threads, where those differ. */
const engineNamer = (paces: readonly EngineTime[]): NameEngine =>
  new Set(paces.map(({ engine }) => engine.threads)).size > 1
    ? ({ name, threads }) => `${name} with ${counted(threads, 'thread')}`
    : ({ name }) => name

const paceText =
  (nameOf: NameEngine) =>
  ({ engine, milliseconds: time }: EngineTime): string =>
    `${milliseconds(time)} on ${nameOf(engine)}`

/** `null` where there was no choice. */
export const choiceText = ({ engine, paces, file }: RememberedChoice): string | null => {
  if (paces.length < 2) return null
  const nameOf = engineNamer(paces)
  const took = file === undefined ? 'takes' : 'took'
  const anew = file === undefined ? '' : `; without ${file} they are timed anew`
  return `using ${nameOf(engine)}: a training step ${took} ${paces.map(paceText(nameOf)).join(', ')}; --engine chooses another${anew}`
}
