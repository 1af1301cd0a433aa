/** CIFAR-10: the net of `cifar10.ts` whole, at two sizes and gated; ResNet-20, and nets by hand of its size, trained alike. 32×32×3 → 10 */
import { experiment, study } from '../../src/index.js'
import { begin, data, shrink } from '../cifar10.js'
import whole, { gated, gatedSwish } from '../nets/cifar/inception-residual.js'
import inverted from '../nets/cifar/inverted.js'
import resnet20, { resnet } from '../nets/cifar/resnet.js'

const to105k = [...begin, ...shrink(105_000)] as const

export default study('compare-cifar10-sizes', {}, [
  { name: 'whole', experiment: experiment(whole, data, ...begin) },
  { name: 'pushed and pruned to 105,000', experiment: experiment(whole, data, ...to105k) },
  { name: 'and to 50,000', experiment: experiment(whole, data, ...to105k, ...shrink(50_000)) },
  { name: 'whole, gated', experiment: experiment(gated, data, ...begin) },
  { name: 'whole, gated, with swish', experiment: experiment(gatedSwish, data, ...begin) },
  { name: 'ResNet-20', experiment: experiment(resnet20, data, ...begin) },
  { name: 'ResNet-20, 12 filters', experiment: experiment(resnet(20, 12), data, ...begin) },
  { name: 'inverted residuals', experiment: experiment(inverted, data, ...begin) },
])
