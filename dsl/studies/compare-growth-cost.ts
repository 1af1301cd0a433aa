/** CIFAR-10: does growing pay at equal cost? Three residual modules grown on the way, against the whole net for as many multiply–accumulates. 32×32×3 → 10 */
import { alternatingFlip, convBnAct, dense, experiment, globalAvgPool, grow, image, imageFolder, net, randomCrop, sgd, study, train, withName, without } from '../../src/index.js'
import { cell } from '../nets/cifar/inception-residual.js'

const size = image(32, 32, 3)
const [a, b, c] = [cell(16, { one: 16, two: 12 }), cell(32, { one: 32, two: 20 }), cell(64, { one: 34, two: 21 })]
const [a2, b2, c2] = [withName('a2', a), withName('b2', b), withName('c2', c)]

const whole = net('cifar10', size,
  convBnAct(16, 3, { name: 'stem' }), withName('a', a), a2,                 // 32×32×16
  convBnAct(32, 3, { name: 'b-down', stride: 2 }), withName('b', b), b2,    // 16×16×32
  convBnAct(64, 3, { name: 'c-down', stride: 2 }), withName('c', c), c2,    // 8×8×64
  globalAvgPool, dense(10),                                                 // 10
)

const data = imageFolder(size, { augment: [randomCrop(4), alternatingFlip], validation: 0.25 })
const learn = (epochs: number) => train({ optimizer: sgd({ weightDecay: 5e-4 }), epochs })
const behind = (after: string, module: typeof a2) => ({ after, module, max: 1, minDelta: -1, exact: true })

const grown = (before: number, then: number) =>
  experiment(without('a2')(without('b2')(without('c2')(whole))), data,
    learn(before), grow(behind('c', c2)), grow(behind('b', b2)), grow(behind('a', a2), learn(then)))

// An epoch of the net that grows costs 0.55 of one of the whole net.
export default study('compare-growth-cost', { seeds: 3 },
  ([[10, 7, 6], [20, 12, 13]] as const).flatMap(([epochs, before, then]) => [
    { name: `whole, ${epochs} epochs`, experiment: experiment(whole, data, learn(epochs)) },
    { name: `grown, ${before} + ${then}`, experiment: grown(before, then) },
  ]),
)
