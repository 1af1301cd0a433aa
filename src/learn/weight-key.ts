/** Which slot of a layer a key names. Beside the weights a store has, a gradient may be of a gate, which is no weight. */
import { childPath, lastName, type Path } from '../net/path.js'
import type { WeightName } from '../net/weight-specs.js'

/** The key of the gate, a factor of 1, on each channel of a unit without batch norm. */
export const gateKey = (path: Path): string => childPath(path, 'gate')

/** Whether a key ends in one of these slots. */
export const isKeyOf = (key: string, ...slots: readonly (WeightName | 'gate')[]): boolean =>
  slots.some(slot => slot === lastName(key))
