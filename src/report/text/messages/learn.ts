/** Messages on training, pushing and criteria. */
import type { FactOf, Messages } from '../fact.js'
import { thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

/** Why a criterion has no utility for any channel, and what to try. */
const noEvidence = ({ criterion, needed }: FactOf<'NoEvidence'>): string => {
  if (needed === 'gradientUtility')
    return 'a push with a fade right before the prune, got none; try that push, or taylor'
  return criterion === 'bnScale'
    ? 'batch norm behind channels that may be removed, got none; try taylor'
    : 'channels that may be removed, got only those of input and output; try a layer more before the last'
}

const dataDiffers = ({ what, net, data }: FactOf<'DataDiffers'>): string =>
  what === 'image'
    ? `the data: expected images of ${shapeText(net)}, which the net takes, got ${shapeText(data)}; try image(${data.join(', ')}) in the net`
    : `the net: expected one value per class, ${shapeText(data)} in all, with no sigmoid or softmax behind them, got ${shapeText(net)}; try dense(${shapeText(data)}) at the end`

export const learnMessages = {
  NoEvidence: fact => `criterion ${fact.criterion}: expected ${noEvidence(fact)}`,
  NoDecision: () =>
    'push and trace: expected a net that ends in a dense layer, or in a 1×1 convolution and globalAvgPool, got another end; try dense(classes) as the last layer',
  NotProven: ({ difference, tolerance }) =>
    `the pruned net: expected the masked net's output within ${tolerance}, got a difference of ${difference.toExponential(1)}; please report this`,
  Overflow: ({ what, epoch, step }) =>
    `the ${what} overflowed in epoch ${epoch + 1}, step ${step}; the last checkpoint is good: try a lower learningRate, or clipNorm`,
  DataDiffers: dataDiffers,
  TooFewImages: ({ images, batch }) =>
    images === null
      ? `calibration images: expected at least one batch of ${batch}, got none; try more images`
      : `training images: expected at least one batch of ${batch}, got ${images}; try a smaller batchSize, or more images`,
  OneValue: ({ at, batch }) =>
    `${layerText(at)}: batch norm expected 2 values or more per channel to normalise, got a batch of ${batch} on a 1×1 map or a vector; try a larger batchSize, or norm: false`,
  NotFirst: ({ at, got }) =>
    `${layerText(at)}: expected a convolution that reads the images, got ${got}; try the path of the first convolution`,
  OneClass: ({ data, name }) =>
    `${data}: expected training images of at least two classes, got ${name} alone; try images of another class`,
  NoClasses: () =>
    'expected a model with the names of its classes and the preprocessing of its images, got one without; try the model.safetensors of a run',
  BadResize: ({ height, width, most }) =>
    `expected a size for scaling images that covers the net's input and has at most ${thousands(most)} pixels, got ${height}×${width}; try another copy of the file`,
  Interrupted: () => 'stopped as asked',
} satisfies Partial<Messages>
