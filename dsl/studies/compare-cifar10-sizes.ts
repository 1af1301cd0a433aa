/** CIFAR-10: the net of `cifar10.ts` whole, at two sizes and gated, and ResNet-20 with the same data and epochs. 32×32×3 → 10 */
import { experiment, study } from '../../src/index.js'
import { begin, data, shrink } from '../cifar10.js'
import whole, { gated } from '../nets/cifar/inception-residual.js'
import resnet20 from '../nets/cifar/resnet.js'

const to105k = [...begin, ...shrink(105_000)] as const

export default study('compare-cifar10-sizes', {}, [
  { name: 'whole', experiment: experiment(whole, data, ...begin) },
  { name: 'pushed and pruned to 105,000', experiment: experiment(whole, data, ...to105k) },
  { name: 'and to 50,000', experiment: experiment(whole, data, ...to105k, ...shrink(50_000)) },
  { name: 'whole, gated', experiment: experiment(gated, data, ...begin) },
  { name: 'ResNet-20', experiment: experiment(resnet20, data, ...begin) },
])
