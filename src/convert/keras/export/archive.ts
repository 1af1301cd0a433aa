/** Writes a `.keras` file of Keras 3: a zip archive of the topology, the version and the weights. */

import { zipSync } from 'fflate'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Model } from '../../../net/weights.js'
import type { Description } from '../../description.js'
import type { ExportError } from '../../error.js'
import { type File, textFile } from '../../target.js'
import { type Hdf5Library, hdf5Failed, loadHdf5 } from '../hdf5/library.js'
import { type NamedArray, writeHdf5 } from '../hdf5/write.js'
import { archiveNames, type Config, inputName, type KerasLayer, toKeras3Name } from '../keras.js'
import { outermost, placeLayers } from '../topology/place.js'
import { checkLayers } from './check-layers.js'
import { keras3 } from './dialect.js'
import { inKerasOrder } from './layer-order.js'
import { type Topology, topology } from './topology.js'

/** Keras 3 reads calls in the form of Keras 2, too. */
const layerJson = ({ className, name, config, from }: KerasLayer) => ({
  module: 'keras.layers',
  class_name: className,
  config: { ...config, name: toKeras3Name(name) },
  registered_name: null,
  name: toKeras3Name(name),
  inbound_nodes: from.length === 0 ? [] : [from.map(layer => [toKeras3Name(layer), 0, 0, {}])],
})

const configOf = ({ name, layers, output }: Topology) => ({
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: {
    name,
    trainable: true,
    layers: layers.map(layerJson),
    input_layers: [[inputName, 0, 0]],
    output_layers: [[toKeras3Name(output), 0, 0]],
  },
  registered_name: 'Functional',
})

/** The oldest version whose files have this form. */
const kerasVersion = '3.0.0'

const metadataOf = (description: Description | null): Config => ({
  keras_version: kerasVersion,
  ...(description !== null && { userDefinedMetadata: { preprocessing: { ...description } } }),
})

/** The weights by their places: a layer's are numbered in the order of Keras. */
const arraysOf = ({ layers }: Topology): readonly NamedArray[] => {
  const places = placeLayers(outermost, layers.map(layerJson))
  return layers.flatMap(({ weights }, nth) =>
    weights.map(({ tensor }, rank): NamedArray => [`${places[nth]?.place.group}/vars/${rank}`, tensor]),
  )
}

/** HDF5 of small arrays is half headers, which shrink; large arrays are stored as they are, as Keras does. */
const levelFor = (bytes: Uint8Array): 0 | 6 => (bytes.byteLength < 2 ** 24 ? 6 : 0)

const pack = (files: readonly File[]): Uint8Array =>
  zipSync(Object.fromEntries(files.map(({ name, bytes }) => [name, [bytes, { level: levelFor(bytes) }]])))

const fileOf =
  (layers: Topology, description: Description | null) =>
  (library: Hdf5Library): File => ({
    name: 'model.keras',
    bytes: pack([
      textFile(archiveNames.metadata, JSON.stringify(metadataOf(description))),
      textFile(archiveNames.config, JSON.stringify(configOf(layers))),
      { name: archiveNames.weights, bytes: writeHdf5(library)(arraysOf(layers)) },
    ]),
  })

/**
 * A checked model as a file that `keras.models.load_model` reads: its layers are named by their paths.
 *
 * Errors  NotHeld, EncodingFailed
 * Law     importing it gives a model with the same outputs
 */
export const toKeras = (
  model: Model,
  description: Description | null = null,
): TE.TaskEither<ExportError, readonly File[]> =>
  pipe(
    checkLayers(keras3)(model),
    E.map(topology(keras3)),
    E.map(layers => fileOf({ ...layers, layers: inKerasOrder(layers) }, description)),
    TE.fromEither,
    TE.flatMap(write =>
      TE.tryCatch(
        async () => [write(await loadHdf5())],
        (reason): ExportError => ({
          _tag: 'EncodingFailed',
          to: 'keras',
          reason: hdf5Failed('')(reason).got,
        }),
      ),
    ),
  )
