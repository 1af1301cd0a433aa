/** Schedules that cannot be are refused by name before anything trains; those that can be are let through. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../src/data/spec.js'
import { net, stack } from '../src/net/combinators.js'
import type { Net } from '../src/net/layer.js'
import { conv, dense, globalAvgPool, image } from '../src/net/words.js'
import { prose } from '../src/report/prose.js'
import { experiment } from '../src/run/experiment.js'
import { grow } from '../src/run/plan.js'
import { rehearse } from '../src/run/rehearse.js'
import { prune, push, teaching, train, untilTarget, whileAccuracy } from '../src/run/schedule.js'
import { left, right } from './surgery.js'
import { tinyNet } from './tiny.js'

type Steps = readonly Parameters<typeof experiment>[2][]

const of = (steps: Steps, given: Net = tinyNet, validation = 9) =>
  rehearse(validation)(experiment(given, glyphs(), ...steps))

const aim = { keep: { params: 0.5 } }
const bare = net('bare', image(6, 6, 1), conv(4, 3, { norm: false }), globalAvgPool, dense(3))
const mapped = net('mapped', image(6, 6, 1), conv(3), globalAvgPool)
const module = conv(7, 1, { name: 'new' })

describe('what a run could not come to its end with', () => {
  const cases: readonly (readonly [what: string, fact: object, steps: Steps, net?: Net])[] = [
    [
      'an unknown layer to protect',
      { _tag: 'UnknownPath', at: 'a', where: 'protect' },
      [prune({ by: 'l1', aim, protect: ['a'] })],
    ],
    [
      'an unknown layer to ignore',
      { _tag: 'UnknownPath', at: 'a', where: 'ignore' },
      [prune({ by: 'l1', aim, ignore: ['a'] })],
    ],
    [
      'an unknown layer to grow behind',
      { _tag: 'UnknownPath', at: 'a' },
      [grow({ after: 'a', module, upTo: 1 })],
    ],
    [
      'a module that does not fit',
      { _tag: 'SumDiffers' },
      [grow({ after: 'sum/body/conv2', module: conv(5, 1), upTo: 1 })],
    ],
    [
      'a share above 1',
      { _tag: 'WrongOption', got: 1.5 },
      [untilTarget({ keep: { params: 1.5 } }, push(), prune())],
    ],
    [
      'a width of no multiple',
      { _tag: 'Misread', at: 'schedule.0.multiple', wanted: 'a whole number ≥ 1', got: '0' },
      [prune({ by: 'l1', aim, multiple: 0 })],
    ],
    ['a push without a vector to decide on', { _tag: 'NoDecision' }, [push({ losers: null })], mapped],
    ['a trace without one', { _tag: 'NoDecision' }, [prune({ by: 'deconv', aim })], mapped],
    ['losers nobody told', { _tag: 'NoEvidence', criterion: 'losers' }, [prune({ aim })]],
    ['losers forgotten in training', { _tag: 'NoEvidence' }, [untilTarget(aim, push(), train(), prune())]],
    [
      'losers told in the first round alone',
      { _tag: 'NoEvidence' },
      [push({ aim }), untilTarget(aim, prune(), train())],
    ],
    ['losers of a net without batch norm', { _tag: 'NoEvidence' }, [push({ aim }), prune()], bare],
    [
      'scales of a net without batch norm',
      { _tag: 'NoEvidence', criterion: 'normScale' },
      [prune({ aim, by: 'normScale' })],
      bare,
    ],
    [
      'Taylor’s criterion there',
      { _tag: 'NoEvidence', criterion: 'taylor' },
      [prune({ aim, by: 'taylor' })],
      bare,
    ],
    ['a cut without an aim', { _tag: 'NoAim', at: '1' }, [push(), prune()]],
    [
      'a pupil without a teacher',
      { _tag: 'NoTeacher', at: '0' },
      [train({ teaching }), prune({ by: 'l1', aim })],
    ],
  ]
  for (const [what, fact, steps, given] of cases)
    test(what, () => {
      const refused = left(of(steps, given))
      expect(refused).toMatchObject(fact)
      expect(prose(refused)).not.toContain('undefined')
    })

  test('bounds on accuracy and growing where there is nothing to judge by', () => {
    const judged: Steps = [
      whileAccuracy({ within: 0.1 }, push(), prune()),
      grow({ after: 'module', module, upTo: 1 }),
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
      grow({ after: 'module', module: stack('new', conv(7, 1)), upTo: 2 }, train()),
      untilTarget(aim, push(), prune({ protect: ['new2'] }), push({ losers: {} })),
      prune({ by: 'l1', aim, ignore: ['module/three/conv'] }),
      train({ teaching }),
      push({ aim, losers: {} }),
      prune({ rank: 'layer' }),
    ]),
  )
})

test('a push is fine before anything was cut, and a prune right after is its teacher’s', () => {
  right(of([push({ aim }), prune(), train({ teaching })]))
})
