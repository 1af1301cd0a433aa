/** LeNet-5 as the Caffe example has it, which pruning papers measure on MNIST; after LeCun et al. 1998. 28×28×1 → 10 */
import { conv, dense, flatten, image, maxPool, net } from '../../../src/index.js'

const linear = { padding: 'valid' } as const

export default net('lenet5-caffe', image(28, 28, 1),
  conv(20, 5, { ...linear, name: 'conv1' }),          // 24×24×20
  maxPool(2, { name: 'pool1' }),                      // 12×12×20
  conv(50, 5, { ...linear, name: 'conv2' }),          // 8×8×50
  maxPool(2, { name: 'pool2' }),                      // 4×4×50
  flatten,                                            // 800
  dense(500, { name: 'ip1', activation: 'relu' }),    // 500
  dense(10, { name: 'ip2' }),                         // 10
)
