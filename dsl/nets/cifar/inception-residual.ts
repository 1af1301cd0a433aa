/** Six Inception modules, a 3×3 branch beside one of two 3×3, each added to what it reads. 32×32×3 → 10 */
import { concat, convBnAct, dense, globalAvgPool, image, net, repeat, residual, stack } from '../../../src/index.js'

/** Filters of the branch of one 3×3, and of that of two. */
interface Branches { readonly one: number; readonly two: number }

const cell = (filters: number, { one, two }: Branches) =>
  residual('cell',
    stack('body',
      concat('module', convBnAct(one, 3), stack('double', convBnAct(two, 3), convBnAct(two, 3))),
      convBnAct(filters, 1, { activation: null })),
    { activation: 'relu' })

export default net('cifar10', image(32, 32, 3),
  convBnAct(16, 3, { name: 'stem' }),                     // 32×32×16
  repeat('s1', 2, cell(16, { one: 16, two: 12 })),        // 32×32×16
  convBnAct(32, 3, { stride: 2 }),                        // 16×16×32
  repeat('s2', 2, cell(32, { one: 32, two: 20 })),        // 16×16×32
  convBnAct(64, 3, { stride: 2 }),                        // 8×8×64
  repeat('s3', 2, cell(64, { one: 34, two: 21 })),        // 8×8×64
  globalAvgPool,                                          // 64
  dense(10),                                              // 10
)
