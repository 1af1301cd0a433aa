/** Six Inception modules, 3×3 beside two 3×3, each added to what it reads; `gated` with squeeze-excite behind each. 32×32×3 → 10 */
import { concat, convBnAct, dense, globalAvgPool, image, net, repeat, residual, squeezeExcite, stack } from '../../../src/index.js'

/** Filters of the branch of one 3×3, and of that of two. */
interface Branches { readonly one: number; readonly two: number }

const branches = ({ one, two }: Branches) =>
  concat('module', convBnAct(one, 3), stack('double', convBnAct(two, 3), convBnAct(two, 3)))

/** A module of these branches, added to what it reads. */
export const cell = (filters: number, sizes: Branches) =>
  residual('cell',
    stack('body', branches(sizes), convBnAct(filters, 1, { activation: null })),
    { activation: 'relu' })

const gatedCell = (filters: number, sizes: Branches) =>
  residual('cell',
    stack('body', branches(sizes), convBnAct(filters, 1, { activation: null }), squeezeExcite('se', filters, filters / 8)),
    { activation: 'relu' })

const netOf = (cellOf: typeof cell | typeof gatedCell, last: Branches) =>
  net('cifar10', image(32, 32, 3),
    convBnAct(16, 3, { name: 'stem' }),                     // 32×32×16
    repeat('s1', 2, cellOf(16, { one: 16, two: 12 })),      // 32×32×16
    convBnAct(32, 3, { stride: 2 }),                        // 16×16×32
    repeat('s2', 2, cellOf(32, { one: 32, two: 20 })),      // 16×16×32
    convBnAct(64, 3, { stride: 2 }),                        // 8×8×64
    repeat('s3', 2, cellOf(64, last)),                      // 8×8×64
    globalAvgPool,                                          // 64
    dense(10),                                              // 10
  )

/** 155,916 parameters. */
export default netOf(cell, { one: 34, two: 21 })

/** 157,572 parameters. */
export const gated = netOf(gatedCell, { one: 33, two: 21 })
