/** ConvNeXt-Tiny, and a small one for CIFAR images, after Liu et al. 2022. 224×224×3 → 1000 */
import { conv, dense, depthwise, dropPath, globalAvgPool, image, layerNorm, layerScale, net, repeat, residual, type Shape, stack } from '../../../src/index.js'

const norm = layerNorm({ epsilon: 1e-6 })

/** A wide window for each channel by itself, then each position by itself: four times as wide in between. */
const block = (width: number, drop: number) =>
  residual('block', stack('body',
    depthwise(7), norm, conv(4 * width, 1, { activation: 'gelu' }), conv(width, 1), layerScale(1e-6), dropPath(drop)))

/** Patches side by side, without overlap. */
const patches = (width: number, side: number) => conv(width, side, { stride: side, padding: 'valid' })

type Depths = readonly [number, number, number, number]

/** Each stage is twice as wide as the one before; the later a block, the more often it is dropped. */
const convnext = (name: string, input: Shape, patch: number, [a, b, c, d]: Depths, width: number, classes: number) => {
  const stage = (named: string, blocks: number, before: number, times: number) =>
    repeat(named, blocks, nth => block(times * width, (0.1 * (before + nth)) / (a + b + c + d - 1)))
  const halve = (times: number) => stack(`halve${times}`, norm, patches(times * width, 2))

  return net(name, input,
    stack('stem', patches(width, patch), norm),    // 56×56×96
    stage('stage1', a, 0, 1),                      // 56×56×96
    halve(2),                                      // 28×28×192
    stage('stage2', b, a, 2),                      // 28×28×192
    halve(4),                                      // 14×14×384
    stage('stage3', c, a + b, 4),                  // 14×14×384
    halve(8),                                      // 7×7×768
    stage('stage4', d, a + b + c, 8),              // 7×7×768
    globalAvgPool, norm,                           // 768
    dense(classes))                                // 1000
}

export const convnextCifar = convnext('convnext-cifar', image(32, 32, 3), 2, [1, 1, 3, 1], 24, 10)

export default convnext('convnext-tiny', image(224, 224, 3), 4, [3, 3, 9, 3], 96, 1000)
