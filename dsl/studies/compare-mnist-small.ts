/** MNIST: a net of 9,000 parameters, pushed and pruned to 2,400 and 1,000 with itself as teacher, and nets by hand. 28×28×1 → 10 */
import { distill, experiment, prune, push, study, train, untilTarget } from '../../src/index.js'
import { long, shifted, small1000, small2400, small9000, turned } from './mnist-small.js'

const base = long(30, 1e-4)
const to = (params: number) => untilTarget({ atMost: { params }, rounds: 2 }, push({ epochs: 1, distill }), prune())
const taught = (epochs: number) => train({ epochs, distill })

export default study('compare-mnist-small', {}, [
  { name: '9,000', experiment: experiment(small9000, turned, base) },
  { name: 'pushed and pruned to 2,400', experiment: experiment(small9000, turned, base, to(2400), taught(30)) },
  { name: 'and to 1,000', experiment: experiment(small9000, turned, base, to(2400), to(1000), taught(40)) },
  { name: '2,400', experiment: experiment(small2400, turned, long(40)) },
  { name: '1,000', experiment: experiment(small1000, shifted, long(60)) },
])
