/** Six Inception modules, 3×3 beside two 3×3, each added to what it reads; `gated` with squeeze-excite behind each. 32×32×3 → 10 */
import { concat, convBnAct, dense, globalAvgPool, image, net, repeat, residual, squeezeExcite, stack } from '../../../src/index.js'

/** Filters of the branch of one 3×3, and of that of two. */
interface Branches { readonly one: number; readonly two: number }
type Activation = 'relu' | 'swish'

const branches = ({ one, two }: Branches, activation: Activation) =>
  concat('module', convBnAct(one, 3, { activation }), stack('double', convBnAct(two, 3, { activation }), convBnAct(two, 3, { activation })))

/** A module of these branches, added to what it reads. */
export const cell = (filters: number, sizes: Branches, activation: Activation = 'relu') =>
  residual('cell', stack('body', branches(sizes, activation), convBnAct(filters, 1, { activation: null })), { activation })

const gatedCell = (filters: number, sizes: Branches, activation: Activation) =>
  residual('cell',
    stack('body', branches(sizes, activation), convBnAct(filters, 1, { activation: null }), squeezeExcite('se', filters, filters / 8)),
    { activation })

const netOf = (cellOf: typeof cell | typeof gatedCell, last: Branches, activation: Activation = 'relu') =>
  net('cifar10', image(32, 32, 3),
    convBnAct(16, 3, { name: 'stem', activation }),                     // 32×32×16
    repeat('s1', 2, cellOf(16, { one: 16, two: 12 }, activation)),      // 32×32×16
    convBnAct(32, 3, { stride: 2, activation }),                        // 16×16×32
    repeat('s2', 2, cellOf(32, { one: 32, two: 20 }, activation)),      // 16×16×32
    convBnAct(64, 3, { stride: 2, activation }),                        // 8×8×64
    repeat('s3', 2, cellOf(64, last, activation)),                      // 8×8×64
    globalAvgPool,                                                      // 64
    dense(10),                                                          // 10
  )

/** 155,916 parameters. */
export default netOf(cell, { one: 34, two: 21 })

/** 157,572 parameters. */
export const gated = netOf(gatedCell, { one: 33, two: 21 })

/** The same with a smoother activation. */
export const gatedSwish = netOf(gatedCell, { one: 33, two: 21 }, 'swish')
