/** Inception-88: the base GoogLeNet grown from 9 modules to 28, after Tian, Arbel, Clark 2020. 224×224×3 → 1000 */
import { convBnAct, dense, dropout, globalAvgPool, type InceptionOptions, image, inception, maxPool, net, repeat } from '../../../src/index.js'

/*
 * Counted as GoogLeNet's 22 layers are: those with weights along the longest path. A module is 3 deep, as its 5×5 is
 * two 3×3; the stem's 3 and the end make 4. The base has 4 + 9 · 3 = 31 layers, this net 4 + 28 · 3 = 88. Where the
 * 19 basic modules go is this project's choice: each stage's last is repeated, until a stage is about three times as
 * deep as it was, 6 + 16 + 6 for 2 + 5 + 2.
 */
const half = maxPool(3, { stride: 2 })
const stage3: InceptionOptions = { point: 128, three: [128, 192], five: [32, 32, 96], pool: 64 }
const stage4: InceptionOptions = { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }
const stage5: InceptionOptions = { point: 384, three: [192, 384], five: [48, 48, 128], pool: 128 }

export default net('inception88', image(224, 224, 3),
  convBnAct(64, 7, { name: 'stem', stride: 2 }),                                         // 112×112×64
  half,                                                                                  // 56×56×64
  convBnAct(64, 1, { name: 'reduce' }),                                                  // 56×56×64
  convBnAct(192),                                                                        // 56×56×192
  half,                                                                                  // 28×28×192
  inception('3a', { point: 64, three: [96, 128], five: [16, 16, 32], pool: 32 }),        // 28×28×256
  repeat('3', 5, inception('module', stage3)),                                           // 28×28×480
  half,                                                                                  // 14×14×480
  inception('4a', { point: 192, three: [96, 208], five: [16, 16, 48], pool: 64 }),       // 14×14×512
  inception('4b', { point: 160, three: [112, 224], five: [24, 24, 64], pool: 64 }),      // 14×14×512
  inception('4c', { point: 128, three: [128, 256], five: [24, 24, 64], pool: 64 }),      // 14×14×512
  inception('4d', { point: 112, three: [144, 288], five: [32, 32, 64], pool: 64 }),      // 14×14×528
  repeat('4', 12, inception('module', stage4)),                                          // 14×14×832
  half,                                                                                  // 7×7×832
  inception('5a', { point: 256, three: [160, 320], five: [32, 32, 128], pool: 128 }),    // 7×7×832
  repeat('5', 5, inception('module', stage5)),                                           // 7×7×1024
  globalAvgPool,                                                                         // 1024
  dropout(0.4),                                                                          // 1024
  dense(1000),                                                                           // 1000
)
