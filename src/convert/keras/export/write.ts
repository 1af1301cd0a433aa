/** Writes a LayersModel of tfjs: `model.json` and shards of weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Model } from '../../../net/weights.js'
import type { Description } from '../../description.js'
import type { ExportError } from '../../error.js'
import { type File, textFile } from '../../target.js'
import { checkLayers } from './check-layers.js'
import { tfjs } from './dialect.js'
import { manifestOf, shardsOf } from './shards.js'
import { type Topology, topology, topologyJson } from './topology.js'

const filesOf = (layers: Topology, description: Description | null): readonly File[] => {
  const weights = layers.layers.flatMap(layer => layer.weights)
  const shards = shardsOf(weights)
  const json = {
    format: 'layers-model',
    generatedBy: 'espalier',
    convertedBy: null,
    modelTopology: {
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
      model_config: topologyJson(layers),
    },
    weightsManifest: manifestOf(weights, shards),
    ...(description !== null && { userDefinedMetadata: { preprocessing: description } }),
  }
  return [textFile('model.json', JSON.stringify(json)), ...shards]
}

/**
 * The files of a checked model as a LayersModel: its layers are named by their paths, and the user's metadata describes
 * its input.
 *
 * Errors  NotHeld
 * Law     importing them gives a model with the same outputs
 */
export const toLayers = (
  model: Model,
  description: Description | null = null,
): E.Either<ExportError, readonly File[]> =>
  pipe(
    checkLayers(tfjs)(model),
    E.map(checked => filesOf(topology(tfjs)(checked), description)),
  )
