/** What must compile: polymorphic words, spread arrays, words made by functions, and rows longer than types count. */
import type { AnyWord, MapWord, Net, VectorWord, Word } from '../../src/index.js'
import {
  adamw,
  alignment,
  concat,
  convBnAct,
  dense,
  dropout,
  experiment,
  flatten,
  gate,
  globalAvgPool,
  glyphs,
  grow,
  identity,
  image,
  inception,
  maxPool,
  net,
  prune,
  push,
  regrow,
  relu,
  repeat,
  residual,
  separable,
  sgd,
  squeezeExcite,
  stack,
  swish,
  train,
  untilTarget,
  whileAccuracy,
  withName,
} from '../../src/index.js'

const input = image(28, 28, 1)
const maps = [convBnAct(8), maxPool()]
const vectors = [dense(8), dense(10)]

// The rank of a row is known where it is used.

export const mapRow: MapWord = stack('a', convBnAct(8), relu, maxPool())
export const vectorRow: VectorWord = stack('a', dense(8), relu)
export const anyRow: AnyWord = stack('a', relu, dropout(0.5), swish)
export const bridge: Word<'map', 'vector'> = stack('a', relu, globalAvgPool, relu, dense(3))
export const none: AnyWord = stack('a')
export const again: MapWord = withName('b', mapRow)
export const copies: MapWord = repeat('a', 3, convBnAct(8))
export const rectifiers: AnyWord = repeat('a', 3, relu)
export const numbered: MapWord = repeat('a', 3, nth =>
  convBnAct(8 * (nth + 1), 3, { stride: nth === 0 ? 2 : 1 }),
)

// Words for any rank stand anywhere, in branches and around them too.

export const anywhere: Net = net('a', input, relu, convBnAct(8), anyRow, flatten, anyRow, dense(10), identity)
export const branches: MapWord = concat('a', identity, relu, convBnAct(8, 1), stack('b', separable(8), relu))
export const gated: MapWord = stack('a', gate('b', convBnAct(8)), gate('c', relu), squeezeExcite('d', 8, 2))
export const skipped: MapWord = residual('a', relu, { shortcut: identity, activation: 'relu' })

// Spread arrays, whose length no type knows.

export const spread: Net = net('a', input, ...maps, globalAvgPool, ...vectors)
export const spreadRow: Net = net('a', input, stack('b', ...maps), stack('c', flatten, ...vectors))
export const spreadMiddle: Net = net('a', input, relu, ...maps, relu, flatten, ...vectors, relu)

// Functions are new words.

const unit = (filters: number): MapWord =>
  convBnAct(filters, 3, { norm: { momentum: 0.99 }, activation: 'swish' })
const block = (name: string, filters: number): MapWord =>
  residual(name, stack('body', unit(filters), convBnAct(filters, 3, { activation: null })), {
    shortcut: convBnAct(filters, 1, { activation: null }),
  })
const head = (classes: number): Word<'map', 'vector'> => stack('head', globalAvgPool, dense(classes))
export const made: Net = net('a', input, block('b', 8), inception('c', { point: 3 }), head(10))

export const whole = experiment(
  made,
  glyphs(),
  train({ epochs: 1, optimizer: adamw({ weightDecay: 0 }) }),
  untilTarget(
    { keep: { params: 0.3 }, rounds: 2, within: null },
    push({ align: alignment, fade: { from: 0.5 }, optimizer: sgd() }),
    prune({ by: 'gradientUtility' }),
  ),
  whileAccuracy(
    { within: 0.01 },
    grow(
      { after: 'b', module: ([, , c = 0]) => inception('d', { point: c }), max: 1, warmup: { epochs: 1 } },
      train(),
    ),
    prune(),
  ),
  regrow(
    { atMost: { params: 20_000 }, patience: 2 },
    prune({ keep: { params: 0.7 } }),
    grow(
      {
        where: 'gradient',
        candidates: [
          { widen: 'b', by: 1.5 },
          { after: 'b', module: ([, , c = 0]) => inception('e', { point: c }) },
        ],
        per: 'macs',
        max: 2,
        exact: true,
        newRate: 'balance',
      },
      train(),
    ),
  ),
)

// Eighty words in a row, twice nested and spread.

export const long = stack(
  'long',
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
)
export const longNet: Net = net(
  'long',
  input,
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  convBnAct(8),
  relu,
  maxPool(),
  dropout(0.1),
  globalAvgPool,
  dense(10),
)
export const longTwice: Net = net(
  'twice',
  input,
  long,
  stack('again', long, long),
  ...maps,
  globalAvgPool,
  dense(10),
)
