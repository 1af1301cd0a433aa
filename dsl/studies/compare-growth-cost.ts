/** CIFAR-10: does growing pay at equal cost? Three residual modules grown on the way, against the whole net for as many multiply–accumulates. 32×32×3 → 10 */
import { alternatingFlip, concat, convBnAct, dense, experiment, globalAvgPool, grow, image, imageFolder, net, randomCrop, residual, sgd, stack, study, train, without } from '../../src/index.js'

const size = image(32, 32, 3)

/** 3×3 of `one` filters beside two 3×3 of `two`, added to what they read. */
const module = (name: string, filters: number, one: number, two: number) =>
  residual(name,
    stack('body',
      concat('branches', convBnAct(one, 3), stack('double', convBnAct(two, 3), convBnAct(two, 3))),
      convBnAct(filters, 1, { activation: null })),
    { activation: 'relu' })

const [a2, b2, c2] = [module('a2', 16, 16, 12), module('b2', 32, 32, 20), module('c2', 64, 34, 21)]

const whole = net('cifar10', size,
  convBnAct(16, 3, { name: 'stem' }), module('a', 16, 16, 12), a2,                 // 32×32×16
  convBnAct(32, 3, { name: 'b-down', stride: 2 }), module('b', 32, 32, 20), b2,    // 16×16×32
  convBnAct(64, 3, { name: 'c-down', stride: 2 }), module('c', 64, 34, 21), c2,    // 8×8×64
  globalAvgPool, dense(10),                                                        // 10
)

const data = imageFolder(size, { augment: [randomCrop(4), alternatingFlip], validation: 0.25 })
const learn = (epochs: number) => train({ optimizer: sgd({ weightDecay: 5e-4 }), epochs })
const behind = (after: string, added: typeof a2) => ({ after, module: added, max: 1, minDelta: -1, exact: true })

const grown = (before: number, then: number) =>
  experiment(without('a2')(without('b2')(without('c2')(whole))), data,
    learn(before), grow(behind('c', c2)), grow(behind('b', b2)), grow(behind('a', a2), learn(then)))

// An epoch of the net that grows costs 0.55 of one of the whole net.
export default study('compare-growth-cost', { seeds: 3 },
  ([[10, 7, 6], [20, 12, 13], [40, 27, 25]] as const).flatMap(([epochs, before, then]) => [
    { name: `whole, ${epochs} epochs`, experiment: experiment(whole, data, learn(epochs)) },
    { name: `grown, ${before} + ${then}`, experiment: grown(before, then) },
  ]),
)
