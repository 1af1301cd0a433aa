/** CIFAR-10 from folders of images: six Inception modules, each added to what it reads; pushed and pruned. 32×32×3 → 10 */
import { alternatingFlip, experiment, imageFolder, initialize, prune, push, randomCrop, sgd, train, untilTarget } from '../src/index.js'
import whole from './nets/cifar/inception-residual.js'

export const data = imageFolder(whole.input, { augment: [randomCrop(4), alternatingFlip], validation: 0.04 })
const options = { optimizer: sgd({ weightDecay: 5e-4 }) }

/** Trains a whole net. */
export const begin = [initialize({ whiten: 'stem' }), train({ ...options, epochs: 64 })] as const

/** Makes a trained net as small as this. */
export const shrink = (params: number) => [
  untilTarget({ atMost: { params }, rounds: 1 },
    push({ ...options, epochs: 2, learningRate: 0.02, distill: null }), prune({ repair: 'reconstruct' })),
  train({ ...options, epochs: 12, learningRate: 0.05 }),
] as const

export default experiment(whole, data, ...begin, ...shrink(105_000))
