/** MNIST: the nets by hand of 1,000 and 9,000 parameters, trained for longer. 28×28×1 → 10 */
import { experiment, mnist, randomAffine, sgd, shift, study, train } from '../../src/index.js'
import { small1000, small9000 } from './mnist-small.js'

const turned = mnist({ augment: [randomAffine(10, { translate: [0.05, 0.05], scale: [0.9, 1.1] })] })
const shifted = mnist({ augment: [shift(1)] })
const long = (epochs: number, weightDecay = 0) => train({ epochs, optimizer: sgd({ weightDecay }) })

export default study('compare-mnist-long', {}, [
  { name: '1,000 for 200 epochs', experiment: experiment(small1000, shifted, long(200)) },
  { name: '9,000 for 60 epochs', experiment: experiment(small9000, turned, long(60, 1e-4)) },
])
