/** LeNet-5, every map of C3 connected and a linear end, after LeCun et al. 1998. 28×28×1 → 10 */
import { avgPool, conv, dense, flatten, image, net } from '../../../src/index.js'

const plain = { activation: 'tanh' } as const

export default net('lenet5', image(28, 28, 1),
  conv(6, 5, { ...plain, name: 'c1', padding: 2 }),            // 28×28×6
  avgPool(2, { name: 's2' }),                                  // 14×14×6
  conv(16, 5, { ...plain, name: 'c3', padding: 'valid' }),     // 10×10×16
  avgPool(2, { name: 's4' }),                                  // 5×5×16
  conv(120, 5, { ...plain, name: 'c5', padding: 'valid' }),    // 1×1×120
  flatten,                                                     // 120
  dense(84, { name: 'f6', activation: 'tanh' }),               // 84
  dense(10),                                                   // 10
)
