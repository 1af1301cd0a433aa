/** RegNetX-400MF and RegNetY-400MF, which has gates: stages of one form, after Radosavovic et al. 2020. 224×224×3 → 1000 */
import { convBnAct, dense, globalAvgPool, image, net, repeat, residual, squeezeExcite, stack } from '../../../src/index.js'

/** The channels of a group, and the depth and width of each stage. */
interface Design { readonly group: number; readonly gated: boolean; readonly stages: readonly (readonly [depth: number, width: number])[] }

const x400: Design = { group: 16, gated: false, stages: [[1, 32], [2, 64], [7, 160], [12, 400]] }
const y400: Design = { group: 8, gated: true, stages: [[1, 48], [3, 104], [6, 208], [6, 440]] }

/** A gate squeezes to a quarter of the channels that the block reads. */
const body = ({ group, gated }: Design, from: number, width: number, stride: number) => stack('body',
  convBnAct(width, 1, { name: 'first' }),
  convBnAct(width, 3, { name: 'grouped', groups: width / group, stride }),
  ...(gated ? [squeezeExcite('gate', width, Math.round(from / 4))] : []),
  convBnAct(width, 1, { name: 'last', activation: null }))

const stage = (design: Design, nth: number) => {
  const [[, from] = [0, 32], [depth, width] = [0, 0]] = [design.stages[nth - 2], design.stages[nth - 1]]
  return repeat(`stage${nth}`, depth, block => block === 0
    ? residual('block', body(design, from, width, 2),
        { activation: 'relu', shortcut: convBnAct(width, 1, { stride: 2, activation: null }) })
    : residual('block', body(design, width, width, 1), { activation: 'relu' }))
}

const regnet = (name: string, design: Design) =>
  net(name, image(224, 224, 3),
    convBnAct(32, 3, { name: 'stem', stride: 2 }),    // 112×112×32
    stage(design, 1),                                 // 56×56×32
    stage(design, 2),                                 // 28×28×64
    stage(design, 3),                                 // 14×14×160
    stage(design, 4),                                 // 7×7×400
    globalAvgPool,                                    // 400
    dense(1000))                                      // 1000

export const regnety = regnet('regnety-400mf', y400)

export default regnet('regnetx-400mf', x400)
