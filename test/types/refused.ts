/**
 * What must not compile. Each line with a directive has an error; the comment behind it is the same line as it
 * should be, under which the directive itself becomes the error. Lines stay whole: a directive speaks of one.
 */
import {
  batchNorm,
  concat,
  convBnAct,
  dense,
  depthwiseBnAct,
  dropout,
  experiment,
  flatten,
  gate,
  globalAvgPool,
  glyphs,
  identity,
  image,
  inception,
  maxPool,
  mnist,
  net,
  prune,
  push,
  relu,
  repeat,
  residual,
  separable,
  sgd,
  stack,
  train,
  untilTarget,
  whileAccuracy,
} from '../../src/index.js'

const input = image(28, 28, 1)
const maps = [convBnAct(8), convBnAct(8)]
const vectors = [dense(8), dense(8)]
const tiny = net('tiny', input, globalAvgPool, dense(10))

// A map where a vector is expected, and the other way round.

// @ts-expect-error dense takes a vector
export const unpooled = net('a', input, convBnAct(8), dense(10))
// mended: net('a', input, convBnAct(8), globalAvgPool, dense(10))
// @ts-expect-error dense takes a vector, whatever stands between
export const between = net('a', input, convBnAct(8), relu, dropout(0.1), dense(10))
// mended: net('a', input, convBnAct(8), relu, dropout(0.1), flatten, dense(10))
// @ts-expect-error maxPool takes a map
export const pooledLate = net('a', input, convBnAct(8), globalAvgPool, maxPool(), dense(10))
// mended: net('a', input, convBnAct(8), maxPool(), globalAvgPool, dense(10))
// @ts-expect-error flatten takes a map
export const flatTwice = net('a', input, flatten, flatten, dense(10))
// mended: net('a', input, flatten, dense(10))
// @ts-expect-error a net takes a map
export const headOnly = net('a', input, dense(10))
// mended: net('a', input, flatten, dense(10))
// @ts-expect-error conv takes a map
export const vectorRow = stack('a', dense(3), convBnAct(8))
// mended: stack('a', convBnAct(8), globalAvgPool, dense(3))
// @ts-expect-error conv takes a map
export const classifierRow = stack('a', globalAvgPool, convBnAct(8))
// mended: stack('a', convBnAct(8), globalAvgPool)

// A net that ends in a map.

// @ts-expect-error a map comes out
export const headless = net('a', input, convBnAct(8))
// mended: net('a', input, convBnAct(8), globalAvgPool)
// @ts-expect-error what takes any rank gives the rank it takes
export const rectified = net('a', input, convBnAct(8), relu)
// mended: net('a', input, convBnAct(8), globalAvgPool, relu)
// @ts-expect-error nothing comes out
export const empty = net('a', input)
// mended: net('a', input, flatten)
// @ts-expect-error a stack of maps is a map
export const stacked = net('a', input, stack('b', convBnAct(8), maxPool()))
// mended: net('a', input, stack('b', convBnAct(8), globalAvgPool))

// Branches that end in a classifier.

// @ts-expect-error a vector has no place beside a map
export const pooledBranch = concat('a', convBnAct(8), globalAvgPool)
// mended: concat('a', convBnAct(8), maxPool(3, { stride: 1 }))
// @ts-expect-error a classifier as a branch
export const classifierBranch = concat('a', convBnAct(8), stack('head', globalAvgPool, dense(10)))
// mended: concat('a', convBnAct(8), stack('body', convBnAct(8), relu))
// @ts-expect-error a classifier as a body
export const classifierBody = residual('a', stack('head', globalAvgPool, dense(10)))
// mended: residual('a', stack('body', convBnAct(1), convBnAct(1)))
// @ts-expect-error a vector as a shortcut
export const shortcut = residual('a', convBnAct(8), { shortcut: globalAvgPool })
// mended: residual('a', convBnAct(8), { shortcut: convBnAct(8, 1) })
// @ts-expect-error a dense layer takes no map
export const gated = gate('a', dense(8))
// mended: gate('a', stack('b', globalAvgPool, dense(8)))
// @ts-expect-error what gives another rank cannot be repeated
export const repeated = repeat('a', 3, globalAvgPool)
// mended: repeat('a', 3, maxPool())
// @ts-expect-error nor where a function makes it
export const repeatedBy = repeat('a', 2, nth => stack('b', convBnAct(nth), globalAvgPool))
// mended: repeat('a', 2, nth => stack('b', convBnAct(nth)))

// Behind spread arrays.

// @ts-expect-error maps behind the spread
export const spread = net('a', input, ...maps, dense(10))
// mended: net('a', input, ...maps, flatten, dense(10))
// @ts-expect-error vectors before the bridge
export const spreadEarly = net('a', input, ...vectors, globalAvgPool)
// mended: net('a', input, globalAvgPool, ...vectors)
// @ts-expect-error a map comes out
export const spreadHeadless = net('a', input, ...maps)
// mended: net('a', input, ...maps, flatten)
// @ts-expect-error maps behind a vector
export const spreadRow = stack('a', dense(3), ...maps)
// mended: stack('a', convBnAct(3), ...maps)
// @ts-expect-error a vector behind maps
export const spreadFirst = stack('a', ...maps, dense(3))
// mended: stack('a', ...maps, convBnAct(3))

// Unknown options.

// @ts-expect-error it is stride
export const strides = convBnAct(8, 3, { strides: 2 })
// mended: convBnAct(8, 3, { stride: 2 })
// @ts-expect-error a dense layer does not stride
export const dense2 = dense(8, { stride: 2 })
// mended: dense(8, { bias: false })
// @ts-expect-error a depthwise has as many filters as come in
export const filters = depthwiseBnAct(3, { filters: 3 })
// mended: depthwiseBnAct(3, { stride: 2 })
// @ts-expect-error pools are not dilated
export const dilatedPool = maxPool(2, { dilation: 2 })
// mended: maxPool(2, { stride: 2 })
// @ts-expect-error the run's seed is dropout's
export const seeded = dropout(0.5, { seed: 1 })
// mended: dropout(0.5, { name: 'drop' })
// @ts-expect-error it is epsilon
export const eps = batchNorm({ eps: 1e-3 })
// mended: batchNorm({ epsilon: 1e-3 })
// @ts-expect-error a module has four branches
export const six = inception('a', { point: 3, six: [3, 4] })
// mended: inception('a', { point: 3, five: [3, 4] })
// @ts-expect-error it is shortcut
export const misspelt = residual('a', convBnAct(8), { shorcut: identity })
// mended: residual('a', convBnAct(8), { shortcut: identity })
// @ts-expect-error it is epochs
export const epoch = train({ epoch: 3 })
// mended: train({ epochs: 3 })
// @ts-expect-error SGD has no β
export const beta = sgd({ beta1: 0.9 })
// mended: sgd({ momentum: 0.9 })
// @ts-expect-error the term is axis
export const axes = push({ align: { axes: 1 } })
// mended: push({ align: { axis: 1 } })
// @ts-expect-error parameters, MACs or bytes
export const weights = untilTarget({ keep: { weights: 0.1 } }, prune())
// mended: untilTarget({ keep: { params: 0.1 } }, prune())
// @ts-expect-error the signs have one size
export const sized = glyphs({ size: 3 })
// mended: glyphs({ train: 300 })

// Values no option has, and impossible combinations.

// @ts-expect-error batch norm has a shift of its own
export const biased = convBnAct(8, 3, { bias: true })
// mended: convBnAct(8, 3, { norm: false, bias: true })
// @ts-expect-error said or not
export const biasedNorm = convBnAct(8, 3, { norm: true, bias: true })
// mended: convBnAct(8, 3, { norm: true })
// @ts-expect-error in a dense layer too
export const biasedDense = dense(8, { norm: true, bias: true })
// mended: dense(8, { norm: true, bias: false })
// @ts-expect-error what is dilated does not stride
export const dilated = convBnAct(8, 3, { stride: 2, dilation: 2 })
// mended: convBnAct(8, 3, { stride: 1, dilation: 2 })
// @ts-expect-error nor in a separable
export const dilatedSeparable = separable(8, 3, { stride: 2, dilation: 2 })
// mended: separable(8, 3, { dilation: 2 })
// @ts-expect-error an activation there is not
export const mish = convBnAct(8, 3, { activation: 'mish' })
// mended: convBnAct(8, 3, { activation: 'swish' })
// @ts-expect-error a padding there is not
export const full = convBnAct(8, 3, { padding: 'full' })
// mended: convBnAct(8, 3, { padding: 'valid' })
// @ts-expect-error four sides, or all
export const padded = maxPool(2, { padding: [0, 1] })
// mended: maxPool(2, { padding: [0, 1, 0, 1] })
// @ts-expect-error a number of filters
export const text = convBnAct('8')
// mended: convBnAct(8)
// @ts-expect-error a reduction and filters
export const half = inception('a', { three: [3] })
// mended: inception('a', { three: [3, 4] })
// @ts-expect-error an optimizer is a value
export const adam = train({ optimizer: 'adam' })
// mended: train({ optimizer: sgd() })
// @ts-expect-error a criterion there is not
export const criterion = prune({ by: 'best' })
// mended: prune({ by: 'taylor' })
// @ts-expect-error without a bound
export const unbounded = whileAccuracy({ eta: 0.1 }, prune())
// mended: whileAccuracy({ within: 0.01, eta: 0.1 }, prune())
// @ts-expect-error a layer is no step
export const layerStep = experiment(tiny, glyphs(), convBnAct(8))
// mended: experiment(tiny, glyphs(), train())
// @ts-expect-error a layer is no net
export const layerNet = experiment(convBnAct(8), mnist(), train())
// mended: experiment(tiny, mnist(), train())
// @ts-expect-error what is frozen stays
tiny.name = 'other'
// mended: export const renamed = { ...tiny, name: 'other' }
