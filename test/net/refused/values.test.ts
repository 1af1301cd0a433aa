/** A value that an option cannot have is refused where it stands, before anything trains. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { openData } from '../../../src/data/open.js'
import {
  ablation,
  batchNorm,
  convBnAct,
  dense,
  experiment,
  globalAvgPool,
  glyphs,
  grow,
  image,
  inception,
  init,
  maxPool,
  mnist,
  net,
  prune,
  push,
  relu,
  repeat,
  sgd,
  study,
  train,
  untilTarget,
  whileAccuracy,
} from '../../../src/index.js'
import { train as trainModel } from '../../../src/learn/training/transforms.js'
import { infer } from '../../../src/net/infer.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { grow as growModel } from '../../../src/surgery/grow/grow.js'
import { random } from '../../../src/surgery/prune/criteria.js'
import { left, right } from '../../support/nets/surgery.js'
import { freeNet } from '../../support/nets/tiny.js'
import { aim, asExperiment, asStudy, bare, base, data, head, netOf, steps, whole } from './reading.js'

const nan = Number.NaN

const least = (option: string, got: unknown, least: number) =>
  `${option}: expected a whole number ≥ ${least}, got ${got}`

/** Values that no option has, and what is said of them. */
const values: readonly (readonly [whole: unknown, said: string])[] = [
  [steps(train({ epochs: nan })), `step 1 (train), ${least('epochs', nan, 1)}`],
  [steps(train({ epochs: 0 })), `step 1 (train), ${least('epochs', 0, 1)}`],
  [steps(train({ batchSize: 0 })), `step 1 (train), ${least('batchSize', 0, 1)}`],
  [steps(train({ learningRate: -0.1 })), 'step 1 (train), learningRate: expected a number ≥ 0, got -0.1'],
  [
    steps(bare(train)({ learningRate: '0.1' })),
    'step 1 (train), learningRate: expected a number ≥ 0, got "0.1"',
  ],
  [
    steps(train({ clipNorm: Number.POSITIVE_INFINITY })),
    'step 1 (train), clipNorm: expected a number > 0 or null, got Infinity',
  ],
  [steps(bare(train)({ balanced: 'no' })), 'step 1 (train), balanced: expected boolean, got "no"'],
  [
    steps(train({ optimizer: sgd({ weightDecay: -1 }) })),
    'step 1 (train), optimizer (sgd), weightDecay: expected a number ≥ 0, got -1',
  ],
  [steps(bare(train)({ optimizer: 'adam' })), 'step 1 (train), optimizer: expected an optimizer, got "adam"'],
  [
    steps(train(), push({ fade: { from: nan } })),
    'step 2 (push), fade.from: expected a number from 0 to 1, got NaN',
  ],
  [steps(train(), push(), prune({ images: 0 })), `step 3 (prune), ${least('images', 0, 1)}`],
  [
    steps(bare(prune)({ aim: { keep: { params: 0.5 } } })),
    "step 1 (prune): expected a known option, got 'aim'; try one of keep, atMost, eta, by, normalize, cost, images, repair, minChannels, floor, roundTo, freeze, ignore",
  ],
  [
    steps(bare(prune)({ target: { eta: 1 } })),
    "step 1 (prune): expected a known option, got 'target'; try one of keep, atMost, eta, by, normalize, cost, images, repair, minChannels, floor, roundTo, freeze, ignore",
  ],
  [steps(prune({ roundTo: 0 })), "step 1 (prune), roundTo: expected 'auto', or a whole number ≥ 1, got 0"],
  [steps(prune({ minChannels: -1 })), `step 1 (prune), ${least('minChannels', -1, 0)}`],
  [
    steps(bare(prune)({ ...aim, eta: 0.1 })),
    'step 1 (prune), target: expected only one of keep, atMost, eta, got {"keep":{"params":0.5},"eta":0.1}',
  ],
  [
    steps(bare(prune)({ keep: { params: 0.5, macs: 0.5 } })),
    'step 1 (prune), target.keep: expected only one of params, macs, bytes, latency, got {"params":0.5,"macs":0.5}',
  ],
  [
    steps(bare(prune)({ keep: { params: 0.5, latency: 0.5 } })),
    'step 1 (prune), target.keep: expected only one of params, macs, bytes, latency, got {"params":0.5,"latency":0.5}',
  ],
  [
    steps(bare(untilTarget)({ ...aim, atMost: { params: 9 } }, push(), prune())),
    'step 1 (rounds), target: expected only one of keep, atMost, eta, got {"keep":{"params":0.5},"atMost":{"params":9}}',
  ],
  [steps(untilTarget({ ...aim, rounds: 0 }, push(), prune())), `step 1 (rounds), ${least('rounds', 0, 1)}`],
  [steps(untilTarget({ ...aim, rounds: -3 }, push(), prune())), `step 1 (rounds), ${least('rounds', -3, 1)}`],
  [
    steps(whileAccuracy({ within: '5 %' as never }, prune())), // as without types
    "step 1 (rounds), within: expected a number from 0 to 1, '5%' (of the accuracy at the start), '5 points' or null, got \"5 %\"",
  ],
  [
    steps(whileAccuracy({ within: nan }, prune())),
    "step 1 (rounds), within: expected a number from 0 to 1, '5%' (of the accuracy at the start), '5 points' or null, got NaN",
  ],
  [
    steps(whileAccuracy({ within: 0.1, eta: nan }, prune())),
    'step 1 (rounds), target.eta: expected a number ≥ 0, got NaN',
  ],
  [
    steps(grow({ after: 'conv', module: relu, max: 0 })),
    'step 1 (grow), max: expected a whole number from 1 to 1,000, got 0',
  ],
  [
    steps(grow({ after: 'conv', module: relu, max: nan })),
    'step 1 (grow), max: expected a whole number from 1 to 1,000, got NaN',
  ],
  [
    steps(bare(grow)({ after: 'conv', widen: 'conv', by: 2, max: 1 })),
    'step 1 (grow), growths 1: expected only one of after, before, inside, deepen, to, widen, got {"widen":"conv","by":2,"after":"conv"}',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [], max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got []',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: 'conv', max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got "conv"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got undefined',
  ],
  [
    steps(bare(grow)({ where: 'loss', candidates: [{ widen: 'conv', by: 2 }], max: 1 })),
    'step 1 (grow), growths.where: expected "gradient", got "loss"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ widen: 'conv', by: 2 }], per: 'ms', max: 1 })),
    'step 1 (grow), growths.per: expected "params" | "macs", got "ms"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ widen: 'conv', by: 2 }] })),
    'step 1 (grow), max: expected a whole number from 1 to 1,000, got null',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ widen: 'conv', by: 2 }, 'b'], max: 1 })),
    'step 1 (grow), candidates 2: expected what grows, got "b"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ after: 'no', module: () => relu }], max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got []',
  ],
  [
    steps(bare(grow)({ after: 'conv', module: relu, newRate: 'more', max: 1 }, train())),
    'step 1 (grow), newRate: expected \'balance\', or a number > 0 or null, got "more"',
  ],
  [
    steps(bare(grow)({ after: 'conv', module: relu, newRate: 0, max: 1 }, train())),
    "step 1 (grow), newRate: expected 'balance', or a number > 0 or null, got 0",
  ],
  [
    steps(bare(grow)({ after: 'conv', module: relu, exact: 1, max: 1 })),
    'step 1 (grow), exact: expected boolean, got 1',
  ],
  [
    steps(bare(grow)({ after: 'conv', max: 1 })),
    'step 1 (grow), growths 1, layer module: expected a layer, got undefined',
  ],
  [steps(undefined), 'step 1: expected a step, got undefined'],
  [bare(experiment)(head, undefined, train()), 'data: expected a data set, got undefined'],
  [data(glyphs({ train: 0 })), 'data (glyphs), train: expected a whole number from 1 to 1,000,000, got 0'],
  [data(bare(mnist)('folder')), 'data (mnist), options: expected a record of options, got "folder"'],
  [undefined, 'expected an experiment, got undefined'],
]

describe('a value that an option cannot have', () => {
  test.each(values)('%#: %s', (odd, said) => {
    expect(renderMessage(left(asExperiment(odd)))).toBe(said)
  })

  const layers: readonly (readonly [layer: unknown, said: string])[] = [
    [bare(convBnAct)('8'), 'layer conv (conv), filters: expected a whole number ≥ 1, got "8"'],
    [
      bare(convBnAct)(8, { stride: 2 }),
      'layer conv (conv), kernel: expected a whole number ≥ 1, or [height, width], got {"stride":2}',
    ],
    [bare(convBnAct)(8, 3, 2), 'layer conv (conv), options: expected a record of options, got 2'],
    [bare(maxPool)(3, 2), 'layer maxPool (maxPool), options: expected a record of options, got 2'],
    [
      bare(convBnAct)(8, 3, { stride: null }),
      'layer conv (conv), stride: expected a whole number ≥ 1, or [height, width], got null',
    ],
    [
      bare(convBnAct)(8, 3, { padding: 'full' }),
      'layer conv (conv), padding: expected "same", "valid", a whole number ≥ 0, or [top, bottom, left, right], got "full"',
    ],
    [
      bare(convBnAct)(8, 3, { norm: null }),
      'layer conv (conv), norm.options: expected a record of options, got null',
    ],
    [bare(batchNorm)({ momentum: 2 }), 'layer norm (norm), momentum: expected a number from 0 to 1, got 2'],
    [
      bare(inception)('i', { three: [4] }),
      'layer i/three/conv (conv), filters: expected a whole number ≥ 1, got undefined',
    ],
    [repeat('r', nan, relu), 'layer r (stack), times: expected a whole number from 0 to 100,000, got NaN'],
    [
      repeat('r', 1e9, relu),
      'layer r (stack), times: expected a whole number from 0 to 100,000, got 1000000000',
    ],
    [convBnAct, 'layer 1: expected a layer, got a function'],
    [maxPool, 'layer 1: expected a layer, got a function'],
    [undefined, 'layer 1: expected a layer, got undefined'],
  ]
  test.each(layers)('%#: %s', (odd, said) => {
    expect(renderMessage(left(infer(netOf(odd))))).toBe(said)
  })

  test('an image of other than three sizes', () => {
    const said = (...sizes: number[]) =>
      renderMessage(left(infer(bare(net)('n', bare(image)(...sizes), convBnAct(4), globalAvgPool, dense(3)))))
    expect(said(8, 8)).toBe('net (n), input: expected height, width and channels, got [8,8]')
    expect(said(8, 8, 1, 3)).toBe('net (n), input: expected height, width and channels, got [8,8,1,3]')
    expect(said(8, 8, 0.5)).toBe('input 3: expected a whole number ≥ 1, got 0.5')
  })

  test('a seed that is no whole number of 32 bits', async () => {
    const model = right(init(0)(freeNet))
    const dataset = right(await openData({ seed: 0 })(glyphs({ train: 200, test: 10 }))())
    const growth = { after: 'conv', module: relu }
    for (const seed of [1e300, 2 ** 32, -1, 0.5, nan]) {
      const said = `seed: expected a whole number from 0 to 4,294,967,295, got ${seed}`
      const learnt = trainModel({})({ dataset, seed } as never)(model)
      const facts = [
        left(init(seed)(freeNet)),
        left(random(seed)(model, undefined)),
        left(growModel({ ...growth, seed })(model)),
        left(await openData({ seed })(glyphs())()),
        left(await learnt()),
      ]
      for (const fact of facts) expect(renderMessage(fact)).toBe(said)
      expect(renderMessage(left(asExperiment(data(glyphs({ drawn: seed })))))).toBe(
        `data (glyphs), drawn: expected a whole number from 0 to 4,294,967,295, got ${seed}`,
      )
    }
    expect(E.isRight(init(2 ** 32 - 1)(freeNet))).toBe(true)
  })

  test('in a study: seeds, and criteria that are none of its own', () => {
    const of = (seeds: number) => asStudy(study('s', { seeds }, [{ name: 'a', experiment: whole }]))
    for (const seeds of [0, -1, 0.5, nan, 1e300])
      expect(renderMessage(left(of(seeds)))).toBe(
        `seeds: expected a whole number from 1 to 10,000, got ${seeds}`,
      )
    expect(
      renderMessage(
        left(asStudy(ablation('s', { ...base, criteria: ['l1'], removed: [0.5], scratch: ['l2'] }))),
      ),
    ).toBe('scratch: expected criteria of the ablation, got ["l2"]')
  })
})
