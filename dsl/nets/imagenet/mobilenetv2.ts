/** MobileNet v2: inverted residuals with linear ends, after Sandler et al. 2018. 224×224×3 → 1000 */
import { convBnAct, dense, depthwiseBnAct, dropout, globalAvgPool, image, net, repeat, residual, stack } from '../../../src/index.js'

const relu6 = { activation: 'relu6' } as const

/** Thin to wide to thin: `times` as many filters in the middle as come in. */
const bottleneck = (times: number, from: number, to: number, stride: number) => {
  const body = stack('body',
    ...(times > 1 ? [convBnAct(times * from, 1, { ...relu6, name: 'expand' })] : []),
    depthwiseBnAct(3, { ...relu6, stride }),
    convBnAct(to, 1, { name: 'project', activation: null }))
  return stride === 1 && from === to ? residual('bottleneck', body) : body
}

/** `blocks` bottlenecks, the first from `from` to `to` channels with the stride. */
export const stage = (name: string, times: number, from: number, to: number, blocks: number, stride: number) =>
  repeat(name, blocks, nth => nth === 0 ? bottleneck(times, from, to, stride) : bottleneck(times, to, to, 1))

/** `stride` is that of the stem and of the second stage: 1 on small images. */
export const mobilenetv2 = ({ name = 'mobilenetv2', side = 224, stride = 2, rate = 0.2, classes = 1000 } = {}) =>
  net(name, image(side, side, 3),
    convBnAct(32, 3, { ...relu6, name: 'stem', stride }),     // 112×112×32
    stage('stage1', 1, 32, 16, 1, 1),                         // 112×112×16
    stage('stage2', 6, 16, 24, 2, stride),                    // 56×56×24
    stage('stage3', 6, 24, 32, 3, 2),                         // 28×28×32
    stage('stage4', 6, 32, 64, 4, 2),                         // 14×14×64
    stage('stage5', 6, 64, 96, 3, 1),                         // 14×14×96
    stage('stage6', 6, 96, 160, 3, 2),                        // 7×7×160
    stage('stage7', 6, 160, 320, 1, 1),                       // 7×7×320
    convBnAct(1280, 1, { ...relu6, name: 'last' }),           // 7×7×1280
    globalAvgPool,                                            // 1280
    dropout(rate),                                            // 1280
    dense(classes),                                           // 1000
  )

export default mobilenetv2()
