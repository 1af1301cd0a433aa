/** The net that every bench measures: a stem of 32 and three Inception modules with batch norm. 32×32×3 → 10 */

import { normal, stream } from '../src/net/random.js'
import { type Shape, sizeOf } from '../src/net/shape.js'
import { type InceptionOptions, inception, net } from '../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../src/net/words/leaves.js'

export const stem = 32
export const modules: { readonly [name in 'a' | 'b' | 'c']: Required<InceptionOptions> } = {
  a: { point: 16, three: [16, 16], five: [8, 16, 16], pool: 16 },
  b: { point: 32, three: [24, 48], five: [16, 32, 32], pool: 32 },
  c: { point: 48, three: [40, 64], five: [20, 32, 32], pool: 48 },
}

/** 102,946 parameters, 20.4 million multiply–accumulates. */
export const reference = net(
  'reference',
  image(32, 32, 3),
  convBnAct(stem, 3, { name: 'stem' }), // 32×32×32
  inception('a', modules.a), // 32×32×64
  maxPool(2),
  inception('b', modules.b), // 16×16×144
  maxPool(2),
  inception('c', modules.c), // 8×8×192
  globalAvgPool,
  dense(10),
)

/** Images of noise: the content does not change the speed of a step. */
export const imagesOf = (batch: number, shape: Shape = reference.input): Float32Array => {
  const draw = normal(stream(0, 'images'))
  return Float32Array.from({ length: batch * sizeOf(shape) }, () => draw())
}

/** Each image's class, one after another, as one-hot rows. */
export const targetsOf = (batch: number, classes = 10): Float32Array =>
  Float32Array.from({ length: batch * classes }, (_, i) =>
    i % classes === Math.floor(i / classes) % classes ? 1 : 0,
  )
