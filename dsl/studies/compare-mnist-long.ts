/** MNIST: the nets by hand of 1,000 and 9,000 parameters, trained for longer. 28×28×1 → 10 */
import { experiment, study } from '../../src/index.js'
import { long, shifted, small1000, small9000, turned } from './mnist-small.js'

export default study('compare-mnist-long', {}, [
  { name: '1,000 for 200 epochs', experiment: experiment(small1000, shifted, long(200)) },
  { name: '9,000 for 60 epochs', experiment: experiment(small9000, turned, long(60, 1e-4)) },
])
