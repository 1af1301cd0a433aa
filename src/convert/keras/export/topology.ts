/** Converts a net to the layers of a functional Keras model; a unit becomes up to four layers. */
import { type Algebra, interpret } from '../../../net/interpret.js'
import { childPath, type Path } from '../../../net/path.js'
import type { Leaf } from '../../../net/tree.js'
import type { Model } from '../../../net/weights.js'
import { type Config, inputName, type KerasLayer, nameOf, partOf } from '../keras.js'
import { addGate, addShuffle, addSlice } from './channels.js'
import { add, type Context, channelsLast, inputOf, namesAt } from './context.js'
import type { Dialect } from './dialect.js'
import { addActivation, addBatchNorm, addDropPath, addLayerNorm, addPool, addScale } from './leaves.js'
import { nonNegativeInputs } from './non-negative.js'
import { addUnit } from './units.js'

/** A functional model: its layers in topological order, and the name of its output layer. */
export interface Topology {
  readonly name: string
  readonly layers: readonly KerasLayer[]
  readonly output: string
}

const addLeaf =
  (context: Context) =>
  (leaf: Leaf, path: Path, from: string): string => {
    const name = nameOf(path)
    switch (leaf._tag) {
      case 'conv':
      case 'depthwise':
      case 'dense':
        return addUnit(context, leaf, path, from)
      case 'maxPool':
      case 'avgPool':
        return addPool(context, leaf, path, from)
      case 'globalAvgPool':
        return add(context, 'GlobalAveragePooling2D', name, channelsLast, [from])
      case 'globalMaxPool':
        return add(context, 'GlobalMaxPooling2D', name, channelsLast, [from])
      case 'flatten':
        return add(context, 'Flatten', name, channelsLast, [from])
      case 'dropout':
        return add(context, 'Dropout', name, { rate: leaf.rate }, [from])
      case 'dropPath':
        return addDropPath(context, leaf, path, from)
      case 'layerNorm':
        return addLayerNorm(context, leaf, path, from)
      case 'scale':
        return addScale(context, path, from)
      case 'norm':
        return addBatchNorm(context, leaf, path, name, from)
      case 'activate':
        return addActivation(context, leaf.activation, name, from)
      case 'own':
        throw new Error(`${leaf.layer}: a layer that encodeModel refuses`)
      case 'channelShuffle':
        return addShuffle(context, namesAt(path), leaf.groups, inputOf(context, path), from)
      case 'channelSlice': {
        const place = { first: leaf.from, size: leaf.size }
        return addSlice(context, namesAt(path), place, inputOf(context, path), from)
      }
    }
  }

/** tfjs frees a value as often as a layer takes it: each further time it takes a copy. */
const distinct = (context: Context, inputs: readonly string[], path: Path): readonly string[] =>
  inputs.map((input, nth) =>
    inputs.indexOf(input) === nth
      ? input
      : add(context, 'Activation', `${partOf(path, 'copy')}${nth}`, { activation: 'linear' }, [input]),
  )

const algebra = (context: Context): Algebra<string> => ({
  leaf: addLeaf(context),
  concat: (branches, _layer, path) =>
    branches.length === 1
      ? (branches[0] ?? nameOf(path))
      : add(context, 'Concatenate', nameOf(path), { axis: -1 }, distinct(context, branches, path)),
  residual: (body, shortcut, { activation }, path) =>
    addActivation(
      context,
      activation,
      partOf(path, 'activation'),
      add(context, 'Add', nameOf(path), {}, distinct(context, [body, shortcut], path)),
    ),
  gate: (body, layer, path, from) => {
    const given = context.net.layers.get(childPath(path, layer.body.name))?.output ?? []
    const [input = from, factors = body] = distinct(context, [from, body], path)
    return addGate(context, namesAt(path), [given, inputOf(context, path)], factors, input)
  },
})

/** Converts a checked model to Keras layers, which are named by their paths. */
export const topology =
  (dialect: Dialect) =>
  (model: Model): Topology => {
    const { net, weights } = model
    const nonNegative = nonNegativeInputs(model)
    const context: Context = { layers: [], net: model, weights, dialect, nonNegative }
    const images = add(
      context,
      'InputLayer',
      inputName,
      { [dialect.inputShape]: [null, ...net.input], dtype: 'float32', sparse: false },
      [],
    )
    const output = interpret(algebra(context))(net.body, '', images)
    return { name: net.name, layers: context.layers, output }
  }

const layerJson = ({ className, name, config, from }: KerasLayer): Config => ({
  class_name: className,
  name,
  config,
  inbound_nodes: from.length === 0 ? [] : [from.map(layer => [layer, 0, 0, {}])],
})

/** The functional model as the JSON that tfjs and Keras 2 read. */
export const topologyJson = ({ name, layers, output }: Topology): Config => ({
  class_name: 'Model',
  config: {
    name,
    layers: layers.map(layerJson),
    input_layers: [[inputName, 0, 0]],
    output_layers: [[output, 0, 0]],
  },
})
