/** tfjs LayersModel: `model.json` and shards of weights. From the tree, for it is a format of layers. */
import type { Model } from '../../../net/weights.js'
import type { Description } from '../../description.js'
import { type File, textFile } from '../../target.js'
import { manifestOf, shardsOf } from './shards.js'
import { topology, topologyJson } from './topology.js'

/**
 * A model as a LayersModel's files, its layers named by their paths, its input described in the user's metadata. The
 * model fits its net.
 *
 * Law  reading them gives a model that computes the same
 */
export const toLayers = (model: Model, description: Description | null = null): readonly File[] => {
  const layers = topology(model)
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
