/** ResNet-18, -34 and -50 (which strides at its 3×3), after He et al. 2016. 224×224×3 → 1000 */
import { convBnAct, dense, globalAvgPool, image, type MapWord, maxPool, net, repeat, residual, stack } from '../../../src/index.js'

/** What a block computes beside its shortcut, and how many times its filters come out. */
interface Kind { readonly times: number; readonly body: (filters: number, stride: number) => MapWord }

const basic: Kind = {
  times: 1,
  body: (filters, stride) => stack('body', convBnAct(filters, 3, { stride }), convBnAct(filters, 3, { activation: null })),
}
const bottleneck: Kind = {
  times: 4,
  body: (filters, stride) => stack('body',
    convBnAct(filters, 1), convBnAct(filters, 3, { stride }), convBnAct(4 * filters, 1, { activation: null })),
}

/** The first block of a stage projects where its input has another size. */
const stage = (name: string, { times, body }: Kind, blocks: number, filters: number, stride: number) =>
  repeat(name, blocks, nth => nth === 0 && stride * times > 1
    ? residual('block', body(filters, stride),
        { activation: 'relu', shortcut: convBnAct(times * filters, 1, { stride, activation: null }) })
    : residual('block', body(filters, 1), { activation: 'relu' }))

const resnet = (name: string, kind: Kind, [a, b, c, d]: readonly [number, number, number, number]) =>
  net(name, image(224, 224, 3),
    convBnAct(64, 7, { name: 'stem', stride: 2 }),    // 112×112×64
    maxPool(3, { stride: 2 }),                        // 56×56×64
    stage('stage1', kind, a, 64, 1),                  // 56×56×64
    stage('stage2', kind, b, 128, 2),                 // 28×28×128
    stage('stage3', kind, c, 256, 2),                 // 14×14×256
    stage('stage4', kind, d, 512, 2),                 // 7×7×512
    globalAvgPool,                                    // 512
    dense(1000))                                      // 1000

export const resnet34 = resnet('resnet34', basic, [3, 4, 6, 3])
export const resnet50 = resnet('resnet50', bottleneck, [3, 4, 6, 3])

export default resnet('resnet18', basic, [2, 2, 2, 2])
