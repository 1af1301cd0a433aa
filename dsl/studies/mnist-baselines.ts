/** MNIST: nets by hand to compare with, one of residual blocks and one of separable convolutions. 28×28×1 → 10 */
import { convBnAct, dense, depthwiseBnAct, globalAvgPool, image, net, separable, withName } from '../../src/index.js'
import { block } from '../nets/cifar/resnet.js'

const size = image(28, 28, 1)

export const residualNet = net('resnet', size,
  convBnAct(8, 3, { stride: 2 }),     // 14×14×8
  withName('a', block(8)),            // 14×14×8
  convBnAct(12, 3, { stride: 2 }),    // 7×7×12
  withName('b', block(12)),           // 7×7×12
  convBnAct(12),                      // 7×7×12
  globalAvgPool,                      // 12
  dense(10),                          // 10
)

export const separableNet = net('mobile', size,
  convBnAct(12, 3, { stride: 2 }),     // 14×14×12
  separable(28),                       // 14×14×28
  depthwiseBnAct(3, { stride: 2 }),    // 7×7×28
  convBnAct(32, 1),                    // 7×7×32
  separable(40),                       // 7×7×40
  separable(40),                       // 7×7×40
  globalAvgPool,                       // 40
  dense(10),                           // 10
)

export default residualNet
