/** ImageNet from folders of images, on Inception-88 of `inception88.ts`, layer by layer. 224×224×3 → 1000 */
import { colorJitter, convBnAct, dense, dropout, experiment, flip, globalAvgPool, image, imageFolder, inception, maxPool, type InceptionOptions, net, randomResizedCrop, repeat, sgd, train } from '../src/index.js'

const half = maxPool(3, { stride: 2 })
const stage3: InceptionOptions = { point: 128, three: [128, 192], five: [32, 32, 96], pool: 64 }
const stage4: InceptionOptions = { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }
const stage5: InceptionOptions = { point: 384, three: [192, 384], five: [48, 48, 128], pool: 128 }

const grown = net('inception88', image(224, 224, 3),
  convBnAct(64, 7, { name: 'stem', stride: 2 }),                                               // 112×112×64
  half,                                                                                   // 56×56×64
  convBnAct(64, 1, { name: 'reduce' }),                                                        // 56×56×64
  convBnAct(192),                                                                              // 56×56×192
  half,                                                                                   // 28×28×192
  inception('3a', { point: 64, three: [96, 128], five: [16, 16, 32], pool: 32 }),         // 28×28×256
  repeat('3', 5, inception('module', stage3)),                                            // 28×28×480
  half,                                                                                   // 14×14×480
  inception('4a', { point: 192, three: [96, 208], five: [16, 16, 48], pool: 64 }),        // 14×14×512
  inception('4b', { point: 160, three: [112, 224], five: [24, 24, 64], pool: 64 }),       // 14×14×512
  inception('4c', { point: 128, three: [128, 256], five: [24, 24, 64], pool: 64 }),       // 14×14×512
  inception('4d', { point: 112, three: [144, 288], five: [32, 32, 64], pool: 64 }),       // 14×14×528
  repeat('4', 12, inception('module', stage4)),                                           // 14×14×832
  half,                                                                                   // 7×7×832
  inception('5a', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }),     // 7×7×832
  repeat('5', 5, inception('module', stage5)),                                            // 7×7×1024
  globalAvgPool,                                                                          // 1024
  dropout(0.4),                                                                           // 1024
  dense(1000),                                                                            // 1000
)

const images = imageFolder(image(256, 256, 3), {
  augment: [randomResizedCrop(224), flip, colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 })],
})

export default experiment(grown, images,
  train({ epochs: 60, batchSize: 32, learningRate: 0.025, optimizer: sgd({ weightDecay: 1e-4 }), labelSmoothing: 0.1 }))
