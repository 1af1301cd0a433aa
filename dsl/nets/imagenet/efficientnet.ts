/** EfficientNet-B0: gated inverted residuals, found by search, after Tan and Le 2019. 224×224×3 → 1000 */
import { convBnAct, dense, depthwiseBnAct, dropout, dropPath, globalAvgPool, image, net, repeat, residual, squeezeExcite, stack } from '../../../src/index.js'

const swish = { activation: 'swish' } as const

/** Thin to wide to thin: `times` as many filters in the middle as come in, gated by a quarter as many units. */
const block = (times: number, kernel: number, from: number, to: number, stride: number, dropped: number) => {
  const body = stack('body',
    ...(times > 1 ? [convBnAct(times * from, 1, { ...swish, name: 'expand' })] : []),
    depthwiseBnAct(kernel, { ...swish, stride }),
    squeezeExcite('gate', times * from, from / 4, swish),
    convBnAct(to, 1, { name: 'project', activation: null }))
  return stride === 1 && from === to ? residual('block', stack('body', body, dropPath(dropped))) : body
}

/** The later a block, the more often it is left out: never the first of 16, at last one time in five. */
const stage = (name: string, before: number, times: number, kernel: number, from: number, to: number, blocks: number, stride: number) =>
  repeat(name, blocks, nth => nth === 0
    ? block(times, kernel, from, to, stride, 0.2 * before / 16)
    : block(times, kernel, to, to, 1, 0.2 * (before + nth) / 16))

export default net('efficientnet-b0', image(224, 224, 3),
  convBnAct(32, 3, { ...swish, name: 'stem', stride: 2 }),    // 112×112×32
  stage('stage1', 0, 1, 3, 32, 16, 1, 1),                     // 112×112×16
  stage('stage2', 1, 6, 3, 16, 24, 2, 2),                     // 56×56×24
  stage('stage3', 3, 6, 5, 24, 40, 2, 2),                     // 28×28×40
  stage('stage4', 5, 6, 3, 40, 80, 3, 2),                     // 14×14×80
  stage('stage5', 8, 6, 5, 80, 112, 3, 1),                    // 14×14×112
  stage('stage6', 11, 6, 5, 112, 192, 4, 2),                  // 7×7×192
  stage('stage7', 15, 6, 3, 192, 320, 1, 1),                  // 7×7×320
  convBnAct(1280, 1, { ...swish, name: 'last' }),             // 7×7×1280
  globalAvgPool,                                              // 1280
  dropout(0.2),                                               // 1280
  dense(1000),                                                // 1000
)
