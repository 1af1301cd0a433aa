/** Schedules that depend on their net: what a function is told of its place, wherever the growing stands. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import { decode } from '../../../src/io/codec.js'
import type { Shape } from '../../../src/net/shape.js'
import type { Layer } from '../../../src/net/tree.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { experimentCodec } from '../../../src/run/schedule/codec.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, train, untilTarget, whileAccuracy } from '../../../src/run/schedule/schedule.js'
import type { Growths, ScheduleStep, Step } from '../../../src/run/schedule/steps.js'
import { isListed } from '../../../src/run/steps/grow/growths.js'
import { left, right } from '../../support/nets/surgery.js'
import { freeNet } from '../../support/nets/tiny.js'

/** Shapes told, in turn, and steps that grow by one channel a module. */
const telling = () => {
  const told: Shape[] = []
  const wider =
    (name: string) =>
    (shape: Shape): Layer => {
      told.push(shape)
      return convBnAct((shape.at(-1) ?? 0) + 1, 1, { name })
    }
  return { told, wider }
}

const planned = (...schedule: readonly ScheduleStep[]): readonly Step[] =>
  experiment(freeNet, glyphs(), ...schedule).schedule

const listed = (growths: Growths): readonly Layer[] =>
  isListed(growths) ? growths.flatMap(growth => ('module' in growth ? [growth.module] : [])) : []

const grown = (steps: readonly Step[]): readonly Layer[] =>
  steps.flatMap(step =>
    step._tag === 'grow'
      ? [...listed(step.growths), ...grown(step.steps)]
      : step._tag === 'rounds'
        ? grown(step.steps)
        : [],
  )

describe('a function is told the shape of its place', () => {
  test('in the net as it is, and behind each module before', () => {
    const { told, wider } = telling()
    const steps = planned(grow({ after: 'conv', module: wider('new'), max: 3 }, train()))
    expect(told).toEqual([
      [6, 6, 6],
      [6, 6, 7],
      [6, 6, 8],
    ])
    expect(grown(steps).map(({ name }) => name)).toEqual(['new', 'new2', 'new3'])
  })

  test('behind what a step before it grows, in a branch of it too', () => {
    const { told, wider } = telling()
    planned(
      grow({ after: 'conv', module: convBnAct(9, 1, { name: 'new' }), max: 2 }),
      prune(),
      grow({ after: 'new2', module: wider('other'), max: 1 }),
      grow({ after: 'module/conv', module: convBnAct(3, 1, { name: 'branch' }), max: 1 }),
      grow({ after: 'module/conv/branch', module: wider('last'), max: 1 }),
    )
    expect(told).toEqual([
      [6, 6, 9],
      [6, 6, 3],
    ])
  })

  test('before, inside, at the end of a branch, and for a branch more, as often as one grows', () => {
    const { told, wider } = telling()
    planned(
      grow({ before: 'module', module: wider('first'), max: 2 }),
      grow({ inside: 'module/three', module: wider('second'), max: 1 }),
      grow({ inside: 'module/three', at: 0, module: wider('third'), max: 1 }),
      grow({ deepen: 'module/conv', module: wider('fourth'), max: 2 }),
      grow({ to: 'module', branch: wider('fifth'), max: 2 }),
    )
    expect(told).toEqual([
      [6, 6, 6],
      [6, 6, 6],
      [6, 6, 4],
      [6, 6, 7],
      [6, 6, 3],
      [6, 6, 4],
      [6, 6, 7],
      [6, 6, 7],
    ])
  })

  test('in a net that a step before it has widened', () => {
    const { told, wider } = telling()
    planned(grow({ widen: 'conv', by: 1.5, max: 2 }), grow({ after: 'conv', module: wider('new'), max: 1 }))
    expect(told).toEqual([[6, 6, 14]])
  })

  test.each<[string, (inner: ScheduleStep) => ScheduleStep]>([
    ['rounds', inner => untilTarget({ keep: { params: 0.5 } }, inner, prune())],
    ['rounds within a bound', inner => whileAccuracy({ within: 0.1 }, inner, prune(), train())],
    ['rounds in rounds', inner => untilTarget({ eta: 1 }, whileAccuracy({ within: 0.1 }, inner))],
    ['growing', inner => grow({ after: 'new', module: convBnAct(8, 1, { name: 'more' }), max: 1 }, inner)],
  ])('inside %s', (_, around) => {
    const { told, wider } = telling()
    const steps = planned(
      grow({ after: 'conv', module: convBnAct(5, 1, { name: 'new' }), max: 1 }),
      around(grow({ after: 'new', module: wider('inner'), max: 1 }, train())),
    )
    expect(told).toEqual([[6, 6, 5]])
    expect(grown(steps).at(-1)).toEqual(convBnAct(6, 1, { name: 'inner' }))
  })

  test('behind the module that the step around it grows', () => {
    const { told, wider } = telling()
    planned(
      grow(
        { after: 'conv', module: convBnAct(5, 1), max: 1 },
        grow({ after: 'grown', module: wider('in'), max: 1 }),
      ),
    )
    expect(told).toEqual([[6, 6, 5]])
  })

  test('and not asked where no layer is: such a schedule is no experiment', () => {
    const { told, wider } = telling()
    const astray = experiment(freeNet, glyphs(), grow({ after: 'nowhere', module: wider('new'), max: 2 }))
    expect(told).toEqual([])
    expect(left(decode(experimentCodec)(experimentCodec.encode(astray)))).toMatchObject({
      _tag: 'DecodeError',
      at: 'schedule.0.growths',
      expected: 'something to grow, told by the shape of a layer that the net has',
      got: '[]',
    })
  })
})

test('rounds of plain steps stay as they are', () => {
  const rounds = untilTarget({ keep: { params: 0.5 } }, prune(), train())
  expect(planned(rounds)).toEqual([rounds])
})

test('a word gives data, and a schedule is resolved once, when its experiment is made', () => {
  const { told, wider } = telling()
  const word = grow({ after: 'conv', module: wider('new'), max: 2 }, train())
  expect([typeof word, told]).toEqual(['object', []])
  const made = experiment(freeNet, glyphs(), word, untilTarget({ keep: { params: 0.5 } }, word, prune()))
  expect(told).toHaveLength(4)
  expect(right(decode(experimentCodec)(JSON.parse(JSON.stringify(made))))).toEqual(made)
  expect(told).toHaveLength(4)
})
