/** CIFAR-10 from folders of images: five Inception modules, each 5×5 as two 3×3. 32×32×3 → 10 */
import { conv, cutout, dense, experiment, flip, globalAvgPool, image, imageFolder, inception, maxPool, net, randomCrop, train } from '../src/index.js'

const size = image(32, 32, 3)

const seedling = net('cifar10', size,
  conv(32, 3, { name: 'stem' }),                                                        // 32×32×32
  inception('a', { point: 16, three: [16, 24], five: [8, 12, 12], pool: 12 }),          // 32×32×64
  maxPool(),                                                                            // 16×16×64
  inception('b', { point: 24, three: [16, 32], five: [8, 16, 16], pool: 24 }),          // 16×16×96
  inception('c', { point: 32, three: [24, 48], five: [12, 20, 24], pool: 24 }),         // 16×16×128
  maxPool(),                                                                            // 8×8×128
  inception('d', { point: 32, three: [20, 48], five: [12, 24, 24], pool: 24 }),         // 8×8×128
  inception('e', { point: 32, three: [20, 48], five: [12, 24, 24], pool: 24 }),         // 8×8×128
  globalAvgPool,                                                                        // 128
  dense(10),                                                                            // 10
)

const images = imageFolder(size, { augment: [randomCrop(4), flip, cutout(8)] })

export default experiment(seedling, images, train({ epochs: 30, smoothing: 0.05 }))
