/** Messages on exports and imports. */
import type { FoundFormat, LayerDropped, NotATreeReason } from '../../../convert/error.js'
import type { Messages } from '../fact.js'
import { counted, percent, thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

/** Longer names and values of a file end in an ellipsis. */
const mostLetters = 120

/** Text of a file on one line: it may hold anything. */
const foreign = (text: string): string => {
  const line = text.replace(/\p{Cc}+/gu, ' ')
  return line.length > mostLetters ? `${line.slice(0, mostLetters)}…` : line
}

/** A layer or a node of a file, which may have no name. */
const foreignAt = (what: 'layer' | 'node', name: string): string =>
  name === '' ? `a ${what} without a name` : `${what} ${foreign(name)}`

/** Why layers are no tree of series, branches and sums. */
const tangles: { readonly [T in NotATreeReason]: (at: string) => string } = {
  shared: at =>
    `${foreignAt('layer', at)}: expected one use, got several; try a layer of its own for each use`,
  crossing: at =>
    `${foreignAt('layer', at)}: expected branches that begin at one layer and end in one Add or Concatenate, got an output that leaves its branch on the way; try a model of layers in series, branches and sums, as others are not supported`,
  circle: at =>
    `${foreignAt('layer', at)}: expected layers that lead from input to output, got one that leads back to itself; try a model of layers in series, branches and sums, as others are not supported`,
  'unknown input': at => `expected inputs that are layers of the model, got ${at}; try saving it again`,
  'not one input': at => `expected a model of one input, got ${at || 'none'}; try a model for each input`,
  'not one output': at => `expected a model of one output, got ${at || 'none'}; try a model for each output`,
  'same name': at =>
    `expected a name of its own for each layer, got several ${at === '' ? 'without one' : `called ${at}`}; try saving the model again`,
  'no layers': () => 'expected a model with layers, got none; try saving it again',
}

/** What a path holds that is no model for an import, and what to do with it. */
const foreignFormats: { readonly [F in FoundFormat]: () => string } = {
  onnx: () => 'got an ONNX model under another name; try FILE.onnx',
  savedmodel: () =>
    'got a TensorFlow SavedModel, which is not supported; try the Keras or tfjs model it was made from',
  safetensors: () =>
    'got a safetensors file; try using it as it is, as a model of this project needs no import',
  pickle: () =>
    'got a pickle (.pt, .pth), which is never opened; try the ONNX file that torch.onnx.export writes',
  tflite: () =>
    'got a TensorFlow Lite model, which is not supported; try the Keras or tfjs model it was made from',
  file: () => 'got another file; try the one that model.save of Keras or torch.onnx.export wrote',
  folder: () => 'got a folder without model.json; try the one that tfjs or tensorflowjs_converter wrote',
  'graph model': () =>
    'got a GraphModel, which has operations and no layers; try converting the Keras model with --output_format tfjs_layers_model',
  'no topology': () => 'got a file without modelTopology; try saving the whole model, not its weights alone',
}

/** What to try for an option of a layer, by its name. */
const remedies: ReadonlyMap<string, string> = new Map(
  Object.entries({
    batch_input_shape: 'try a model for any number of images of one size',
    training_mode: 'try exporting the model in evaluation mode',
    batch_shape: 'try a model for any number of images of one size',
    data_format: 'try a model with channels last',
  }),
)

/** Why a net has no use for a layer. */
const reasons: { readonly [W in LayerDropped['why']]: string } = {
  training: 'it acts while training alone',
  softmax: 'the outputs of a net are logits',
}

/** What to try for a class or an operator without a remedy of its own. */
const supportedText = (supported: readonly string[]): string => `try one of ${supported.join(', ')}`

const shareText = (share: number): string => (share === 0 ? '0' : share.toExponential(0))

/** Names of weights listed where one is missing. */
const mostNames = 4

const firstNames = (names: readonly string[]): string =>
  names.length === 0
    ? 'nothing'
    : [...names.slice(0, mostNames), ...(names.length > mostNames ? ['…'] : [])].join(', ')

export const convertMessages = {
  NoPreprocessing: ({ input }) =>
    `--input ${input}: expected the model of a run, whose file says how its images were normalised, got one whose file does not; try --input normalised`,
  NotAVersion: ({ got }) =>
    `version of TensorFlow Serving: expected a whole number ≥ 1, got ${got}; try 1, and one more for each export`,
  NotHeld: ({ to, at, what }) =>
    `${layerText(at)}: expected a layer that an export to '${to}' can hold, got ${what}; try --to onnx, savedmodel or pytorch`,
  OwnNotHeld: ({ to, at, layer }) =>
    `${layerText(at)}: expected a layer that an export to '${to}' can hold, got ${layer}, a layer of your own; try --to onnx or savedmodel`,
  EncodingFailed: ({ to, reason }) =>
    `${to}: expected a file to be written, got an error (${reason}); try another format`,
  TooLarge: ({ to, bytes, limit }) =>
    `${to}: expected at most ${thousands(limit)} bytes of weights, which one file of this format holds, got ${thousands(bytes)}; try another format`,
  UnknownFormat: ({ path, found }) =>
    `${path}: expected a model as FILE.keras, FILE.h5, FILE.onnx or the folder of a model.json, ${foreignFormats[found]()}`,
  NotAModel: ({ found }) =>
    found === 'checkpoint'
      ? "expected a model, got a run's checkpoint; try the run's folder"
      : 'expected a model with its net in the metadata, got the weights of another program; try the file that a run, or import, wrote',
  UnknownLayer: ({ at, className, supported }) =>
    `${foreignAt('layer', at)}: expected a supported class, got ${foreign(className)}; ${supportedText(supported)}`,
  UnknownOperator: ({ at, operator, supported }) =>
    `${foreignAt('node', at)}: expected a supported operator, got ${foreign(operator)}; ${supportedText(supported)}`,
  OpsetDiffers: ({ least, most, got }) =>
    `opset_import: expected an opset from ${least} to ${most}, got ${got ?? 'none'}; try exporting the model again, with opset_version=18 for torch.onnx.export or --opset 18 for tf2onnx`,
  TensorDiffers: ({ name, fault }) =>
    `tensor ${foreign(name)}, ${fault.at}: expected ${fault.expected}, got ${foreign(fault.got)}; try exporting the model again`,
  LayerDiffers: ({ at, className, fault }) =>
    `${foreignAt('layer', at)} (${foreign(className)}), ${foreign(fault.at)}: expected ${fault.expected}, got ${foreign(fault.got)}; ${remedies.get(fault.at) ?? 'try a model that has it, since other values are not supported'}`,
  NotATree: ({ at, reason }) => tangles[reason](foreign(at)),
  WeightMissing: ({ name, expected, found }) =>
    `weights: expected ${name}, ${shapeText(expected)}, got ${firstNames(found)}; try saving the whole model again`,
  WeightDiffers: ({ name, got }) =>
    `weight ${name}: expected float32, or numbers quantised to float16, uint8 or uint16, got ${got}; try saving the model in float32`,
  LayerDropped: ({ at, className, why }) =>
    `${foreignAt('layer', at)} (${foreign(className)}) is left out: ${reasons[why]}`,
  WeightsMeasured: ({ images, float32, int8 }) =>
    `on ${counted(images, 'validation image')}: ${percent(int8)} with 8-bit weights, ${percent(float32)} with 32-bit ones`,
  FilesMeasured: ({ images, runtime, float32, int8 }) =>
    `on ${counted(images, 'validation image')}, one at a time in ${runtime}: ${percent(int8.accuracy)} in 8 bits, ${percent(float32.accuracy)} in 32; ${thousands(int8.bytes)} bytes instead of ${thousands(float32.bytes)}, in ${(int8.milliseconds / float32.milliseconds).toFixed(2)} of the time`,
  RuntimeAgrees: ({ runtime, difference }) =>
    `checked against ${runtime}: outputs differ by ${shareText(difference)} of the largest`,
  RuntimeDiffers: ({ runtime, difference }) =>
    `expected the outputs of ${runtime} for random images, got a difference of ${shareText(difference)} of the largest; please report it, with the model's operators`,
  NotChecked: ({ runtime, reason }) => `not checked against ${runtime}: ${reason}`,
  NormsFolded: ({ layers }) =>
    `${layers} convolutions have a bias and no batch norm, as where an exporter folds it; if a criterion or a training needs one, try --batch-norm`,
  NormaliserLifted: ({ input }) =>
    `the normaliser at the front became the model's preprocessing, of pixels from 0 to ${input === 'raw' ? 255 : 1}; if an export should take such pixels, try --input ${input}`,
  RoundingDropped: ({ values }) =>
    `${counted(values, 'value')} that the file rounds to 8 bits ${values === 1 ? 'is' : 'are'} not rounded here; weights have the values that their 8 bits stand for`,
  PathLeaves: ({ folder, path }) =>
    `${folder}: expected weight files inside it, got ${path}; try saving the model again`,
  WrongBytes: ({ files, expected, got }) =>
    `${files.join(', ')}: expected ${thousands(expected)} bytes, as the manifest says, got ${thousands(got)}; try another copy`,
} satisfies Partial<Messages>
