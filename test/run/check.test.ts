/** Schedules that cannot be are refused by name before anything trains; those that can be are let through. */
import { describe, expect, test } from 'vitest'
import squeezenet from '../../dsl/nets/imagenet/squeezenet.js'
import { trainingFeed } from '../../src/data/pipeline/batches.js'
import { glyphs } from '../../src/data/spec.js'
import { evidenceOf } from '../../src/learn/criteria/criteria.js'
import { recalibrate } from '../../src/learn/repair/recalibrate.js'
import { train as learn, push as shove } from '../../src/learn/training/transforms.js'
import type { Net } from '../../src/net/tree.js'
import { init } from '../../src/net/weights.js'
import { net, stack } from '../../src/net/words/combinators.js'
import { batchNorm, convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { grow } from '../../src/run/schedule/growth-plan.js'
import { distill, prune, push, train, untilTarget, whileAccuracy } from '../../src/run/schedule/schedule.js'
import { float64 } from '../support/engines.js'
import { left, right } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'

type Steps = readonly Parameters<typeof experiment>[2][]

const of = (steps: Steps, given: Net = tinyNet, validation = 9) =>
  checkSchedule(validation)(experiment(given, glyphs(), ...steps))

const aim = { keep: { params: 0.5 } }
const bare = net('bare', image(6, 6, 1), convBnAct(4, 3, { norm: false }), globalAvgPool, dense(3))
const mapped = net('mapped', image(6, 6, 1), convBnAct(4), convBnAct(3), globalAvgPool)
const shallow = net('shallow', image(6, 6, 1), globalAvgPool, dense(3))
const normedImage = net(
  'normed',
  image(6, 6, 1),
  batchNorm(),
  convBnAct(4, 3, { norm: false }),
  globalAvgPool,
  dense(3),
)
const module = convBnAct(7, 1, { name: 'new' })

describe('what a run could not come to its end with', () => {
  const cases: readonly (readonly [what: string, fact: object, steps: Steps, net?: Net])[] = [
    [
      'an unknown layer to protect',
      { _tag: 'UnknownPath', at: 'a', where: 'freeze' },
      [prune({ by: 'l1', ...aim, freeze: ['a'] })],
    ],
    [
      'an unknown layer to ignore',
      { _tag: 'UnknownPath', at: 'a', where: 'ignore' },
      [prune({ by: 'l1', ...aim, ignore: ['a'] })],
    ],
    [
      'an unknown layer to grow behind',
      { _tag: 'UnknownPath', at: 'a' },
      [grow({ after: 'a', module, max: 1 })],
    ],
    [
      'a module that does not fit',
      { _tag: 'SumDiffers' },
      [grow({ after: 'sum/body/conv2', module: convBnAct(5, 1), max: 1 })],
    ],
    [
      'a share above 1',
      { _tag: 'DecodeError', at: 'schedule.0.target.keep.params', got: '1.5' },
      [untilTarget({ keep: { params: 1.5 } }, push(), prune())],
    ],
    [
      'a width of no multiple',
      { _tag: 'DecodeError', at: 'schedule.0.roundTo', expected: "'auto', or a whole number ≥ 1", got: '0' },
      [prune({ by: 'l1', ...aim, roundTo: 0 })],
    ],
    ['a push without a vector to decide on', { _tag: 'NoDecision' }, [push({ fade: null })], mapped],
    ['a trace without one', { _tag: 'NoDecision' }, [prune({ by: 'deconvTrace', ...aim })], mapped],
    ['losers nobody told', { _tag: 'NoEvidence', criterion: 'gradientUtility' }, [prune({ ...aim })]],
    ['losers forgotten in training', { _tag: 'NoEvidence' }, [untilTarget(aim, push(), train(), prune())]],
    [
      'losers told in the first round alone',
      { _tag: 'NoEvidence' },
      [push({ ...aim }), untilTarget(aim, prune(), train())],
    ],
    ['losers where no channel may go', { _tag: 'NoEvidence' }, [push({ ...aim }), prune()], shallow],
    [
      'scales of a net without batch norm',
      { _tag: 'NoEvidence', criterion: 'bnScale' },
      [prune({ ...aim, by: 'bnScale' })],
      bare,
    ],
    [
      'scales of the image alone',
      { _tag: 'NoEvidence', criterion: 'bnScale' },
      [prune({ ...aim, by: 'bnScale' })],
      normedImage,
    ],
    [
      'Taylor’s criterion where no channel may go',
      { _tag: 'NoEvidence', criterion: 'taylor' },
      [prune({ ...aim, by: 'taylor' })],
      shallow,
    ],
    ['a cut without an aim', { _tag: 'NoTarget', at: '1' }, [push(), prune()]],
    [
      'a pupil without a teacher',
      { _tag: 'NoTeacher', at: '0' },
      [train({ distill }), prune({ by: 'l1', ...aim })],
    ],
  ]
  for (const [what, fact, steps, given] of cases)
    test(what, () => {
      const refused = left(of(steps, given))
      expect(refused).toMatchObject(fact)
      expect(renderMessage(refused)).not.toContain('undefined')
    })

  test('bounds on accuracy and growing where there is nothing to judge by', () => {
    const judged: Steps = [
      whileAccuracy({ within: 0.1 }, push(), prune()),
      grow({ after: 'module', module, max: 1 }),
    ]
    for (const step of judged) {
      expect(left(of([step], tinyNet, 0))).toEqual({ _tag: 'NoValidation', at: '0' })
      right(of([step]))
    }
    right(of([untilTarget(aim, push(), prune())], tinyNet, 0))
  })
})

test('what is grown by then is known, and what may have been cut', () => {
  right(
    of([
      grow({ after: 'module', module: stack('new', convBnAct(7, 1)), max: 2 }, train()),
      untilTarget(aim, push(), prune({ freeze: ['new2'] }), push({ fade: {} })),
      prune({ by: 'l1', ...aim, ignore: ['module/three/conv'] }),
      train({ distill }),
      push({ ...aim, fade: {} }),
      prune({ normalize: 'layer' }),
    ]),
  )
})

test('batch norm is needed by none but its scales, and may lie in a layer of its own', () => {
  for (const by of ['gradientUtility', 'taylor'] as const)
    right(of([push({ ...aim }), prune({ by, ...aim })], bare))
  const apart = net(
    'apart',
    image(6, 6, 1),
    convBnAct(4, 3, { norm: false }),
    batchNorm(),
    globalAvgPool,
    dense(3),
  )
  right(of([prune({ by: 'bnScale', ...aim })], apart))
})

test('a net that ends in a convolution and its mean may be pushed, and traced', () => {
  const small = { ...squeezenet, input: [64, 64, 3] }
  right(of([push({ ...aim }), prune(), prune({ by: 'deconvTrace', ...aim })], small))
})

test('what a floor puts out of reach is refused where the first cut names its aim, and where it stands', () => {
  const far = { keep: { params: 0.01 } }
  const refused = left(of([prune({ by: 'l1', ...far, floor: 0.5 })]))
  expect(refused).toMatchObject({ _tag: 'OutOfReach', limits: ['floor'] })
  expect(renderMessage(refused)).toContain('a lower floor')
  right(of([prune({ by: 'l1', keep: { params: 0.3 } })]))
})

describe('a batch norm that would see one value', () => {
  const small = net(
    'small',
    image(2, 2, 1),
    convBnAct(4, 2, { padding: 'valid', name: 'deep' }),
    globalAvgPool,
    dense(3),
  )
  const wide = net(
    'wide',
    image(2, 2, 1),
    convBnAct(4, 2),
    globalAvgPool,
    dense(4, { norm: true, name: 'top' }),
    dense(3),
  )

  test.each([
    [small, 'deep', [train({ batchSize: 1 })]],
    [small, 'deep', [push({ batchSize: 1 })]],
    [small, 'deep', [prune({ by: 'l1', ...aim, images: 1 })]],
    [small, 'deep', [untilTarget(aim, train(), prune({ by: 'l1' }), train({ batchSize: 1 }))]],
    [wide, 'top', [train({ batchSize: 1 })]],
    [wide, 'top', [grow({ after: 'conv', module, max: 1, warmup: { batchSize: 1 } }, train())]],
  ] as const)('is refused with the layer’s path, of %o', (given, at, steps) => {
    const refused = left(of(steps as Steps, given as Net))
    expect(refused).toEqual({ _tag: 'OneValue', at, batch: 1 })
    expect(renderMessage(refused)).toContain(at)
  })

  test('is none with two images, or a larger map', () => {
    right(of([train({ batchSize: 2 })], small))
    right(of([train({ batchSize: 1 })], tinyNet))
  })

  test('is refused where a model is trained, or its norm measured, by hand', async () => {
    const model = right(
      init(0)(net('one', image(6, 6, 1), convBnAct(4, 6, { padding: 'valid' }), globalAvgPool, dense(3))),
    )
    const ground = { engine: float64, dataset: tinyData(), seed: 0 }
    const feed = trainingFeed(ground.dataset, { batch: 1, seed: 0, augment: false })
    for (const way of [
      learn({ batchSize: 1 })(ground)(model),
      shove({ batchSize: 1, balanced: false })(ground)(model),
      recalibrate({ engine: float64, feed, batch: 1, batches: 2 })(model),
    ])
      expect(left<unknown>(await way())).toEqual({ _tag: 'OneValue', at: 'conv', batch: 1 })
  })
})

test('no criterion’s lack of evidence sends to L1', () => {
  for (const criterion of ['gradientUtility', 'taylor', 'bnScale', 'gradientTrace'] as const)
    expect(renderMessage({ _tag: 'NoEvidence', criterion, needed: evidenceOf(criterion) })).not.toContain(
      'l1',
    )
})

test('a push is fine before anything was cut, and a prune right after is its teacher’s', () => {
  right(of([push({ ...aim }), prune(), train({ distill })]))
})
