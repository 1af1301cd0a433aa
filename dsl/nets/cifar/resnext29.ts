/** ResNeXt-29, 8×64d: bottlenecks of eight groups, after Xie et al. 2017. 32×32×3 → 10 */
import { convBnAct, dense, globalAvgPool, image, net, repeat, residual, stack } from '../../../src/index.js'

/** Eight groups of `width` channels each; eight groups of 64 where 256 come out. */
const bottleneck = (width: number, stride: number) => stack('body',
  convBnAct(8 * width, 1, { name: 'reduce' }),
  convBnAct(8 * width, 3, { name: 'grouped', groups: 8, stride }),
  convBnAct(4 * width, 1, { name: 'expand', activation: null }))

/** The first block of a stage projects, since more come out than in. */
const stage = (name: string, width: number, stride: number) =>
  repeat(name, 3, nth => nth === 0
    ? residual('block', bottleneck(width, stride),
        { activation: 'relu', shortcut: convBnAct(4 * width, 1, { stride, activation: null }) })
    : residual('block', bottleneck(width, 1), { activation: 'relu' }))

export default net('resnext29', image(32, 32, 3),
  convBnAct(64, 3, { name: 'stem' }),    // 32×32×64
  stage('stage1', 64, 1),                // 32×32×256
  stage('stage2', 128, 2),               // 16×16×512
  stage('stage3', 256, 2),               // 8×8×1024
  globalAvgPool,                         // 1024
  dense(10),                             // 10
)
