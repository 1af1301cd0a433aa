/** ShuffleNet v2, 1.0×: half the channels pass each unit by, and are shuffled, after Ma et al. 2018. 224×224×3 → 1000 */
import { channelShuffle, channelSlice, concat, convBnAct, dense, depthwiseBnAct, globalAvgPool, image, maxPool, net, repeat, stack } from '../../../src/index.js'

const wise = (stride: number) => depthwiseBnAct(3, { stride, activation: null })

/** What each unit computes: thin to thin, the window on single channels. */
const body = (filters: number, stride: number) =>
  stack('body', convBnAct(filters, 1, { name: 'reduce' }), wise(stride), convBnAct(filters, 1, { name: 'point' }))

/** Half as large: both branches read all channels. */
const down = (half: number) => stack('down',
  concat('halves', stack('left', wise(2), convBnAct(half, 1)), stack('right', body(half, 2))),
  channelShuffle(2))

/** One half passes, the other is computed on. */
const unit = (half: number) => stack('unit',
  concat('halves', channelSlice(0, half, { name: 'left' }), stack('right', channelSlice(half, half), body(half, 1))),
  channelShuffle(2))

const stage = (name: string, channels: number, units: number) =>
  repeat(name, units, nth => (nth === 0 ? down : unit)(channels / 2))

export default net('shufflenetv2', image(224, 224, 3),
  convBnAct(24, 3, { name: 'stem', stride: 2 }),    // 112×112×24
  maxPool(3, { stride: 2 }),                        // 56×56×24
  stage('stage2', 116, 4),                          // 28×28×116
  stage('stage3', 232, 8),                          // 14×14×232
  stage('stage4', 464, 4),                          // 7×7×464
  convBnAct(1024, 1, { name: 'last' }),             // 7×7×1024
  globalAvgPool,                                    // 1024
  dense(1000),                                      // 1000
)
