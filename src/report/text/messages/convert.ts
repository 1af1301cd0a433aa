/** Messages on exports and imports. */
import type { FoundFormat, NotATreeReason } from '../../../convert/error.js'
import type { Messages } from '../fact.js'
import { thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

/** Why layers are no tree of series, branches and sums. */
const tangles: { readonly [T in NotATreeReason]: (at: string) => string } = {
  shared: at => `layer ${at}: expected one use, got several; try a layer of its own for each use`,
  crossing: at =>
    `layer ${at}: expected branches that begin at one layer and end in one Add or Concatenate, got an output that leaves its branch on the way; such models are not supported`,
  circle: at =>
    `layer ${at}: expected layers that lead from input to output, got one that leads back to itself; such models are not supported`,
  'unknown input': at => `expected inputs that are layers of the model, got ${at}; try saving it again`,
  'not one input': at => `expected a model of one input, got ${at || 'none'}; try a model for each input`,
  'not one output': at => `expected a model of one output, got ${at || 'none'}; try a model for each output`,
  'no layers': () => 'expected a model with layers, got none; try saving it again',
}

/** How a model in another format becomes a LayersModel. */
const viaPython = (load: string): string =>
  `try, in Python: tensorflowjs.converters.save_keras_model(${load}, 'FOLDER')`

/** What lies where a LayersModel was expected, and what to do with it. */
const foreignFormats: { readonly [F in FoundFormat]: (path: string) => string } = {
  keras: path => `got a Keras 3 file; ${viaPython(`keras.models.load_model('${path}')`)}`,
  hdf5: path => `got a Keras HDF5 file; ${viaPython(`keras.models.load_model('${path}')`)}`,
  onnx: () => 'got an ONNX model, which is not supported; try the Keras or tfjs model it was made from',
  savedmodel: () =>
    'got a TensorFlow SavedModel, which is not supported; try the Keras or tfjs model it was made from',
  safetensors: () => 'got a safetensors file; a model of this project needs no import',
  file: () => 'got another file; try the folder that model.save or tensorflowjs_converter wrote',
  folder: () =>
    'got a folder without model.json; try the one that model.save or tensorflowjs_converter wrote',
  'graph model': () =>
    'got a GraphModel, which has operations and no layers; try converting the Keras model with --output_format tfjs_layers_model',
  'no topology': () => 'got a file without modelTopology; try saving the whole model, not its weights alone',
}

/** What to try for a layer's class, or its option, that is not supported. */
const remedies: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Model: 'it is a model inside a model; try calling its layers in the outer model',
    Functional: 'it is a model inside a model; try calling its layers in the outer model',
    Sequential: 'it is a model inside a model; try adding its layers to the outer model',
    Rescaling: 'images are normalised outside the model here; try a model without it',
    Normalization: 'images are normalised outside the model here; try a model without it',
    Reshape: 'try Flatten before Dense, or Dense in place of a 1×1 convolution behind global pooling',
    Multiply: 'it multiplies layers, as in squeeze-and-excitation; try a model without',
    LeakyReLU: 'try ReLU, and train it again',
    padding: "try padding 'same' or 'valid' in the layer that follows",
    'next layer': "try padding 'same' in that layer",
    inputs: 'try sums of two, one after another',
    inbound_nodes: 'try saving the model with Keras 2 or tfjs',
    batch_input_shape: 'try a model for any number of images of one size',
    batch_shape: 'try a model for any number of images of one size',
    data_format: 'try a model with channels last',
  }),
)

/** Names of weights listed where one is missing. */
const mostNames = 4

const firstNames = (names: readonly string[]): string =>
  names.length === 0
    ? 'nothing'
    : [...names.slice(0, mostNames), ...(names.length > mostNames ? ['…'] : [])].join(', ')

export const convertMessages = {
  NoPreprocessing: ({ input }) =>
    `--input ${input}: expected the model of a run, whose file says how its images were normalised, got one whose file does not; try --input normalised`,
  NotHeld: ({ to, at, what }) =>
    `${layerText(at)}: expected a layer that an export to '${to}' can hold, got ${what}; try --to onnx or savedmodel`,
  TooLarge: ({ to, bytes, limit }) =>
    `${to}: expected at most ${thousands(limit)} bytes of weights, which one file of this format holds, got ${thousands(bytes)}; try another format`,
  NotAModel: ({ found }) =>
    found === 'checkpoint'
      ? "expected a model, got a run's checkpoint; try the run's folder"
      : 'expected a model with its net in the metadata, got the weights of another program; try the file that a run, or import, wrote',
  NotALayersModel: ({ path, found }) =>
    `${path}: expected a LayersModel's folder, model.json and its weights, ${foreignFormats[found](path)}`,
  UnknownLayer: ({ at, className, supported }) =>
    `layer ${at}: class ${className} is not supported; ${remedies.get(className) ?? `expected one of ${supported.join(', ')}`}`,
  LayerDiffers: ({ at, className, fault }) =>
    `layer ${at} (${className}), ${fault.at}: expected ${fault.expected}, got ${fault.got}; ${remedies.get(fault.at) ?? 'other values are not supported'}`,
  NotATree: ({ at, reason }) => tangles[reason](at),
  WeightMissing: ({ name, expected, found }) =>
    `weightsManifest: expected the weight ${name}, ${shapeText(expected)}, got ${firstNames(found)}; try naming weights LAYER/WEIGHT`,
  WeightDiffers: ({ name, fault, got }) =>
    fault === 'quantised'
      ? `weight ${name}: expected float32, got numbers quantised to ${got}; try tensorflowjs_converter without --quantize`
      : `weight ${name}: expected float32, got ${got}; try saving without the optimizer`,
  PathLeaves: ({ folder, path }) =>
    `weightsManifest: expected weight files inside ${folder}, got ${path}; try saving the model again`,
  WrongBytes: ({ files, expected, got }) =>
    `${files.join(', ')}: expected ${thousands(expected)} bytes, as the manifest says, got ${thousands(got)}; try another copy`,
} satisfies Partial<Messages>
