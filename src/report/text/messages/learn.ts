/** Messages on training, pushing and criteria. */
import type { FactOf, Messages } from '../fact.js'
import { thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

/** Why a criterion has no utility for any channel, and what to try. */
const noEvidence = ({ criterion, needed }: FactOf<'NoEvidence'>): string => {
  if (needed === 'gradientUtility')
    return "a push with a fade right before the prune, got none; try push() before it, or by: 'taylor'"
  return criterion === 'bnScale'
    ? "batch norm behind channels that may be removed, got none; try by: 'taylor'"
    : 'channels that may be removed, got only those of input and output; try one more layer before the last'
}

const dataDiffers = ({ what, net, data }: FactOf<'DataDiffers'>): string =>
  what === 'image'
    ? `the data: expected images of ${shapeText(net)}, which the net takes, got ${shapeText(data)}; try image(${data.join(', ')}) in the net`
    : `the net: expected one output per class, ${shapeText(data)} in all, got ${shapeText(net)}; try dense(${shapeText(data)}) at the end, with no softmax behind it`

/** By what the last layers are, why they make no decision. */
const endText = (got: readonly string[]): string =>
  got.length < 2 ? `one of a single layer, ${got[0] ?? 'identity'}` : `one that ends in ${got.join(' and ')}`

export const learnMessages = {
  NoEvidence: fact => `criterion ${fact.criterion}: expected ${noEvidence(fact)}`,
  NoDecision: ({ got }) =>
    `push and trace: expected a net of several layers that ends in dense, or in a 1×1 conv and globalAvgPool, got ${endText(got)}; try dense(classes) as the last layer`,
  NotProven: ({ difference, tolerance }) =>
    `the pruned net: expected the masked net's outputs within ${tolerance.toExponential()}, got a difference of ${difference.toExponential(1)}; please report it, with the net`,
  Overflow: ({ what, got, epoch, step }) =>
    `epoch ${epoch + 1}, batch ${step}: expected a finite ${what}, got ${got}; the last checkpoint is whole; try a lower learningRate, or clipNorm`,
  DataDiffers: dataDiffers,
  TooFewImages: ({ images, batch }) =>
    images === null
      ? `calibration images: expected at least one batch of ${batch}, got fewer; try more images`
      : `training images: expected at least one batch of ${batch}, got ${images}; try a smaller batchSize, or more images`,
  OneValue: ({ at, batch }) =>
    `${layerText(at)}: expected 2 values or more per channel for batch norm to normalise, got a batch of ${batch} on a 1×1 map or a vector; try a larger batchSize, or norm: false`,
  NotFirst: ({ at, got }) =>
    `${layerText(at)}: expected a convolution that reads the images, got ${got}; try the path of the first convolution`,
  OneClass: ({ data, name }) =>
    `${data}: expected training images of at least two classes, got ${name} alone; try adding images of another class`,
  NoClasses: () =>
    'expected a model with the names of its classes and the preprocessing of its images, got one without; try the model.safetensors of a run',
  BadResize: ({ height, width, most }) =>
    `expected a size for scaling images that covers the net's input and has at most ${thousands(most)} pixels, got ${height}×${width}; try another copy of the file`,
  Interrupted: () => 'stopped as asked',
} satisfies Partial<Messages>
