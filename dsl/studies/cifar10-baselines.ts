/** CIFAR-10: nets by hand to compare with, one of residual blocks and one of separable convolutions. 32×32×3 → 10 */
import { convBnAct, dense, depthwiseBnAct, globalAvgPool, image, maxPool, net, separable, withName } from '../../src/index.js'
import { block } from '../nets/cifar/resnet.js'

const size = image(32, 32, 3)

export const residualNet = net('resnet', size,
  convBnAct(10, 3),                   // 32×32×10
  maxPool(),                          // 16×16×10
  withName('a', block(10)),           // 16×16×10
  convBnAct(18, 3, { stride: 2 }),    // 8×8×18
  withName('b', block(18)),           // 8×8×18
  globalAvgPool,                      // 18
  dense(10),                          // 10
)

export const separableNet = net('mobile', size,
  convBnAct(16, 3),                    // 32×32×16
  maxPool(),                           // 16×16×16
  separable(44),                       // 16×16×44
  depthwiseBnAct(3, { stride: 2 }),    // 8×8×44
  convBnAct(64, 1),                    // 8×8×64
  separable(88),                       // 8×8×88
  globalAvgPool,                       // 88
  dense(10),                           // 10
)

export default residualNet
