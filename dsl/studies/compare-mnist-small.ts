/** MNIST: how accurate nets of 1,000, 2,400 and 9,000 parameters become in long trainings on distorted images. 28×28×1 → 10 */
import { experiment, mnist, randomAffine, sgd, shift, study, train } from '../../src/index.js'
import { small1000, small2400, small9000 } from './mnist-small.js'

const shifted = mnist({ augment: [shift(1)] })
const turned = mnist({ augment: [randomAffine(10, { translate: [0.05, 0.05], scale: [0.9, 1.1] })] })
const long = (epochs: number, weightDecay = 0) => train({ epochs, optimizer: sgd({ weightDecay }) })

export default study('compare-mnist-small', {}, [
  { name: '1,000', experiment: experiment(small1000, shifted, long(60)) },
  { name: '2,400', experiment: experiment(small2400, turned, long(40)) },
  { name: '9,000', experiment: experiment(small9000, turned, long(30, 1e-4)) },
])
