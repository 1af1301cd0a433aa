/** ResNets for CIFAR-10, projections for shortcuts where the size changes, after He et al. 2016. 32×32×3 → 10 */
import { convBnAct, dense, globalAvgPool, image, net, repeat, residual, stack } from '../../../src/index.js'

export const block = (filters: number, stride = 1) =>
  residual('block',
    stack('body', convBnAct(filters, 3, { stride }), convBnAct(filters, 3, { activation: null })),
    { activation: 'relu', ...(stride > 1 && { shortcut: convBnAct(filters, 1, { stride, activation: null }) }) })

const stage = (name: string, blocks: number, filters: number, stride = 1) =>
  repeat(name, blocks, nth => block(filters, nth === 0 ? stride : 1))

/** Of 6n + 2 layers, n blocks a stage; `width` filters in the first. */
export const resnet = (depth: number, width = 16) => net(`resnet${depth}`, image(32, 32, 3),
  convBnAct(width, 3, { name: 'stem' }),             // 32×32×16
  stage('stage1', (depth - 2) / 6, width),           // 32×32×16
  stage('stage2', (depth - 2) / 6, 2 * width, 2),    // 16×16×32
  stage('stage3', (depth - 2) / 6, 4 * width, 2),    // 8×8×64
  globalAvgPool,                                     // 64
  dense(10),                                         // 10
)

export const resnet32 = resnet(32)
export const resnet44 = resnet(44)
export const resnet56 = resnet(56)
export const resnet110 = resnet(110)

export default resnet(20)
