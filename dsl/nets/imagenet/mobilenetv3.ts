/** MobileNet v3, small: inverted residuals, some with a gate, after Howard et al. 2019. 224×224×3 → 1000 */
import { convBnAct, dense, depthwiseBnAct, dropout, globalAvgPool, image, net, residual, squeezeExcite, stack, withName } from '../../../src/index.js'

/** A window, how many filters are in the middle, and by how many units those are gated, if at all. */
type Row = readonly [kernel: number, wide: number, squeezed?: number]
type Act = { readonly activation: 'relu' | 'hardSwish' }
export const [re, hs] = [{ activation: 'relu' }, { activation: 'hardSwish' }] as const satisfies readonly Act[]

const block = ([kernel, wide, squeezed]: Row, from: number, to: number, act: Act, stride: number) => {
  const body = stack('body',
    ...(wide === from ? [] : [convBnAct(wide, 1, { ...act, name: 'expand' })]),
    depthwiseBnAct(kernel, { ...act, stride }),
    ...(squeezed === undefined ? [] : [squeezeExcite('gate', wide, squeezed, { gate: 'hardSigmoid' })]),
    convBnAct(to, 1, { name: 'project', activation: null }))
  return stride === 1 && from === to ? residual('block', body) : body
}

export const stage = (name: string, from: number, to: number, act: Act, stride: number, ...rows: readonly Row[]) =>
  stack(name, ...rows.map((row, nth) =>
    withName(`${nth + 1}`, nth === 0 ? block(row, from, to, act, stride) : block(row, to, to, act, 1))))

export default net('mobilenetv3', image(224, 224, 3),
  convBnAct(16, 3, { ...hs, name: 'stem', stride: 2 }),                                 // 112×112×16
  stage('stage1', 16, 16, re, 2, [3, 16, 8]),                                           // 56×56×16
  stage('stage2', 16, 24, re, 2, [3, 72], [3, 88]),                                     // 28×28×24
  stage('stage3', 24, 40, hs, 2, [5, 96, 24], [5, 240, 64], [5, 240, 64]),              // 14×14×40
  stage('stage4', 40, 48, hs, 1, [5, 120, 32], [5, 144, 40]),                           // 14×14×48
  stage('stage5', 48, 96, hs, 2, [5, 288, 72], [5, 576, 144], [5, 576, 144]),           // 7×7×96
  convBnAct(576, 1, { ...hs, name: 'last' }),                                           // 7×7×576
  globalAvgPool,                                                                        // 576
  dense(1024, hs),                                                                      // 1024
  dropout(0.2),                                                                         // 1024
  dense(1000),                                                                          // 1000
)
