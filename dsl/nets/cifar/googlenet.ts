/** GoogLeNet for CIFAR-10: one 3×3 for a stem, each 5×5 as two 3×3, after Szegedy et al. 2015. 32×32×3 → 10 */
import { convBnAct, dense, globalAvgPool, image, inception, maxPool, net } from '../../../src/index.js'

const half = maxPool(3, { stride: 2 })

export default net('googlenet-cifar', image(32, 32, 3),
  convBnAct(192, 3, { name: 'stem' }),                                                   // 32×32×192
  inception('3a', { point: 64, three: [96, 128], five: [16, 16, 32], pool: 32 }),        // 32×32×256
  inception('3b', { point: 128, three: [128, 192], five: [32, 32, 96], pool: 64 }),      // 32×32×480
  half,                                                                                  // 16×16×480
  inception('4a', { point: 192, three: [96, 208], five: [16, 16, 48], pool: 64 }),       // 16×16×512
  inception('4b', { point: 160, three: [112, 224], five: [24, 24, 64], pool: 64 }),      // 16×16×512
  inception('4c', { point: 128, three: [128, 256], five: [24, 24, 64], pool: 64 }),      // 16×16×512
  inception('4d', { point: 112, three: [144, 288], five: [32, 32, 64], pool: 64 }),      // 16×16×528
  inception('4e', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }),    // 16×16×832
  half,                                                                                  // 8×8×832
  inception('5a', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }),    // 8×8×832
  inception('5b', { point: 384, three: [192, 384], five: [48, 48, 128], pool: 128 }),    // 8×8×1024
  globalAvgPool,                                                                         // 1024
  dense(10),                                                                             // 10
)
