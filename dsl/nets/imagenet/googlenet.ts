/** GoogLeNet with batch norm, each 5×5 as two 3×3, no auxiliary ends, after Szegedy et al. 2015. 224×224×3 → 1000 */
import { convBnAct, dense, dropout, globalAvgPool, image, inception, maxPool, net } from '../../../src/index.js'

const half = maxPool(3, { stride: 2 })

export default net('googlenet', image(224, 224, 3),
  convBnAct(64, 7, { name: 'stem', stride: 2 }),                                         // 112×112×64
  half,                                                                                  // 56×56×64
  convBnAct(64, 1, { name: 'reduce' }),                                                  // 56×56×64
  convBnAct(192),                                                                        // 56×56×192
  half,                                                                                  // 28×28×192
  inception('3a', { point: 64, three: [96, 128], five: [16, 16, 32], pool: 32 }),        // 28×28×256
  inception('3b', { point: 128, three: [128, 192], five: [32, 32, 96], pool: 64 }),      // 28×28×480
  half,                                                                                  // 14×14×480
  inception('4a', { point: 192, three: [96, 208], five: [16, 16, 48], pool: 64 }),       // 14×14×512
  inception('4b', { point: 160, three: [112, 224], five: [24, 24, 64], pool: 64 }),      // 14×14×512
  inception('4c', { point: 128, three: [128, 256], five: [24, 24, 64], pool: 64 }),      // 14×14×512
  inception('4d', { point: 112, three: [144, 288], five: [32, 32, 64], pool: 64 }),      // 14×14×528
  inception('4e', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }),    // 14×14×832
  half,                                                                                  // 7×7×832
  inception('5a', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }),    // 7×7×832
  inception('5b', { point: 384, three: [192, 384], five: [48, 48, 128], pool: 128 }),    // 7×7×1024
  globalAvgPool,                                                                         // 1024
  dropout(0.4),                                                                          // 1024
  dense(1000),                                                                           // 1000
)
