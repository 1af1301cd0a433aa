/** ImageNet from folders of images, on Inception-88. 224×224×3 → 1000 */
import { colorJitter, experiment, flip, image, imageFolder, randomResizedCrop, sgd, train } from '../src/index.js'
import inception88 from './nets/imagenet/inception88.js'

const images = imageFolder(image(256, 256, 3), {
  augment: [randomResizedCrop(224), flip, colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 })],
})

export default experiment(inception88, images,
  train({ epochs: 60, batchSize: 32, learningRate: 0.025, optimizer: sgd({ weightDecay: 1e-4 }), labelSmoothing: 0.1 }),
)
