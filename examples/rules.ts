/**
 * Growing by a rule of one's own, and pushing with a term of one's own: a residual block goes behind whichever unit has
 * the largest batch-norm scales, and the features before the decision are to be sparse.
 *
 * npm run compile-and-train -- examples/rules.ts
 */
import { op } from '../src/graph/index.js'
import { convBnAct, dense, experiment, globalAvgPool, glyphs, grow, growthRule, image, maxPool, net, prune, push, pushTerm, residual, stack, train, untilTarget } from '../src/index.js'
import { channelsOf, isKeyOf, type Model, type Path, parentPath } from '../src/net/index.js'

const small = net('small', image(28, 28, 1),
  convBnAct(8, 3, { stride: 2 }), maxPool(), convBnAct(12), globalAvgPool, dense(10))

/** The unit of the main path whose scales are largest on average, and its width. */
const busiest = ({ weights }: Model): readonly [Path, number] => {
  const means = Object.entries(weights).flatMap(([key, { shape, data }]) => {
    const path = parentPath(key)
    const mean = data.reduce((sum, scale) => sum + Math.abs(scale), 0) / data.length
    return isKeyOf('scale')(key) && !path.includes('/') ? [{ path, mean, width: channelsOf(shape) }] : []
  })
  const { path, width } = means.reduce((a, b) => (b.mean > a.mean ? b : a))
  return [path, width]
}

const block = (width: number) =>
  residual('block', stack('body', convBnAct(width, 3), convBnAct(width, 1, { activation: null })))

const behindBusiest = growthRule('behind-busiest', model => {
  const [after, width] = busiest(model)
  return { after, module: block(width) }
})

/** The mean size of a feature. */
const sparse = pushTerm('sparse', ({ features }) => op.mean(op.abs(features)))

const data = glyphs({ train: 2000, test: 500 })

export default experiment(small, data,
  train({ epochs: 2, batchSize: 50 }),
  grow({ rule: behindBusiest, max: 2 }, train({ epochs: 1, batchSize: 50 })),
  untilTarget({ keep: { params: 0.6 }, rounds: 1 },
    push({ epochs: 2, batchSize: 50, align: { terms: [sparse(0.05)] } }),
    prune()))
