/** MNIST: nets of 9,000, 2,400 and 1,000 parameters, of separable convolutions without padding. 28×28×1 → 10 */
import { convBnAct, dense, depthwise, globalAvgPool, image, leakyRelu, maxPool, net, stack } from '../../src/index.js'

const stem = (filters: number) => stack('stem', convBnAct(filters, 3, { padding: 0, activation: null }), leakyRelu(0.1))
const unit = (filters: number) => stack('', depthwise(3, { padding: 0, bias: false }), convBnAct(filters, 1, { activation: null }), leakyRelu(0.1))

export const small9000 = net('small9000', image(28, 28, 1),
  stem(20),         // 26×26×20
  maxPool(),        // 13×13×20
  unit(32),         // 11×11×32
  unit(40),         // 9×9×40
  unit(48),         // 7×7×48
  unit(52),         // 5×5×52
  globalAvgPool,    // 52
  dense(10),        // 10
)

export const small2400 = net('small2400', image(28, 28, 1),
  stem(12),         // 26×26×12
  maxPool(),        // 13×13×12
  unit(16),         // 11×11×16
  unit(18),         // 9×9×18
  unit(20),         // 7×7×20
  unit(22),         // 5×5×22
  globalAvgPool,    // 22
  dense(10),        // 10
)

export const small1000 = net('small1000', image(28, 28, 1),
  stem(7),          // 26×26×7
  maxPool(),        // 13×13×7
  unit(10),         // 11×11×10
  unit(10),         // 9×9×10
  unit(10),         // 7×7×10
  unit(11),         // 5×5×11
  globalAvgPool,    // 11
  dense(10),        // 10
)

export default small9000
