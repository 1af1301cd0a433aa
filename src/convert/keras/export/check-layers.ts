/** Whether Keras can hold the layers of a net. */
import * as E from 'fp-ts/lib/Either.js'
import { activationName } from '../../../net/activation.js'
import type { CheckedNet, PlacedLayer } from '../../../net/infer.js'
import type { Path } from '../../../net/path.js'
import type { ExportError } from '../../error.js'
import type { Dialect } from './dialect.js'
import { nonNegativeInputs } from './non-negative.js'
import { poolPadding } from './pool-padding.js'

/** What Keras lacks for a layer; null where it lacks nothing. */
const lackingFor = (
  { activation }: Dialect,
  { path, layer, input }: PlacedLayer,
  nonNegative: ReadonlySet<Path>,
): string | null => {
  if ('activation' in layer && layer.activation !== null && activation(layer.activation) === null)
    return activationName(layer.activation)
  const isPool = layer._tag === 'maxPool' || layer._tag === 'avgPool'
  return isPool && poolPadding(layer, input, nonNegative.has(path)) === null
    ? `${layer._tag} with padding ${JSON.stringify(layer.padding)}`
    : null
}

/** Errors  NotHeld: the first layer that Keras lacks */
export const checkLayers =
  (dialect: Dialect) =>
  <N extends CheckedNet>(net: N): E.Either<ExportError, N> => {
    const nonNegative = nonNegativeInputs(net)
    for (const placed of net.layers.values()) {
      const what = lackingFor(dialect, placed, nonNegative)
      if (what !== null) return E.left({ _tag: 'NotHeld', to: dialect.target, at: placed.path, what })
    }
    return E.right(net)
  }
