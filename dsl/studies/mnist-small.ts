/** MNIST: nets of 9,000, 2,400 and 1,000 parameters, of separable convolutions without padding; their data and training. 28×28×1 → 10 */
import { convBnAct, dense, depthwise, globalAvgPool, image, leakyRelu, maxPool, mnist, net, randomAffine, sgd, shift, stack, train } from '../../src/index.js'

const stem = (filters: number) => stack('stem', convBnAct(filters, 3, { padding: 0, activation: null }), leakyRelu(0.1))
const unit = (filters: number) => stack('', depthwise(3, { padding: 0, bias: false }), convBnAct(filters, 1, { activation: null }), leakyRelu(0.1))

/** By the filters of the stem, and of each unit; the shapes are those of 9,000 parameters. */
const small = (name: string, [first, a, b, c, d]: readonly [number, number, number, number, number]) =>
  net(name, image(28, 28, 1),
    stem(first),      // 26×26×20
    maxPool(),        // 13×13×20
    unit(a),          // 11×11×32
    unit(b),          // 9×9×40
    unit(c),          // 7×7×48
    unit(d),          // 5×5×52
    globalAvgPool,    // 52
    dense(10),        // 10
  )

export const small9000 = small('small9000', [20, 32, 40, 48, 52])
export const small2400 = small('small2400', [12, 16, 18, 20, 22])
export const small1000 = small('small1000', [7, 10, 10, 10, 11])

export const turned = mnist({ augment: [randomAffine(10, { translate: [0.05, 0.05], scale: [0.9, 1.1] })] })
export const shifted = mnist({ augment: [shift(1)] })
export const long = (epochs: number, weightDecay = 0) => train({ epochs, optimizer: sgd({ weightDecay }) })

export default small9000
