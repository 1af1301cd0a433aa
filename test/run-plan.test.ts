/** Schedules that depend on their net: what a function is told of its place, wherever the growing stands. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../src/data/spec.js'
import { decode } from '../src/net/closed.js'
import type { Layer } from '../src/net/layer.js'
import type { Shape } from '../src/net/shape.js'
import { conv } from '../src/net/words.js'
import { experimentCodec } from '../src/run/codec.js'
import { experiment } from '../src/run/experiment.js'
import { grow } from '../src/run/plan.js'
import { type Planned, prune, type Step, train, untilTarget, whileAccuracy } from '../src/run/schedule.js'
import { left } from './surgery.js'
import { freeNet } from './tiny.js'

/** Shapes told, in turn, and steps that grow by one channel a module. */
const telling = () => {
  const told: Shape[] = []
  const wider =
    (name: string) =>
    (shape: Shape): Layer => {
      told.push(shape)
      return conv((shape.at(-1) ?? 0) + 1, 1, { name })
    }
  return { told, wider }
}

const planned = (...schedule: readonly Planned[]): readonly Step[] =>
  experiment(freeNet, glyphs(), ...schedule).schedule

const grown = (steps: readonly Step[]): readonly Layer[] =>
  steps.flatMap(step =>
    step._tag === 'grow'
      ? [...step.growths.flatMap(growth => ('module' in growth ? [growth.module] : [])), ...grown(step.steps)]
      : step._tag === 'rounds'
        ? grown(step.steps)
        : [],
  )

describe('a function is told the shape of its place', () => {
  test('in the net as it is, and behind each module before', () => {
    const { told, wider } = telling()
    const steps = planned(grow({ after: 'conv', module: wider('new'), upTo: 3 }, train()))
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
      grow({ after: 'conv', module: conv(9, 1, { name: 'new' }), upTo: 2 }),
      prune(),
      grow({ after: 'new2', module: wider('other'), upTo: 1 }),
      grow({ after: 'module/conv', module: conv(3, 1, { name: 'branch' }), upTo: 1 }),
      grow({ after: 'module/conv/branch', module: wider('last'), upTo: 1 }),
    )
    expect(told).toEqual([
      [6, 6, 9],
      [6, 6, 3],
    ])
  })

  test('before, inside, at the end of a branch, and for a branch more, as often as one grows', () => {
    const { told, wider } = telling()
    planned(
      grow({ before: 'module', module: wider('first'), upTo: 2 }),
      grow({ inside: 'module/three', module: wider('second'), upTo: 1 }),
      grow({ inside: 'module/three', at: 0, module: wider('third'), upTo: 1 }),
      grow({ deepen: 'module/conv', module: wider('fourth'), upTo: 2 }),
      grow({ to: 'module', branch: wider('fifth'), upTo: 2 }),
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
    planned(grow({ widen: 'conv', by: 1.5, upTo: 2 }), grow({ after: 'conv', module: wider('new'), upTo: 1 }))
    expect(told).toEqual([[6, 6, 14]])
  })

  test.each<[string, (inner: Planned) => Planned]>([
    ['rounds', inner => untilTarget({ keep: { params: 0.5 } }, inner, prune())],
    ['rounds within a bound', inner => whileAccuracy({ within: 0.1 }, inner, prune(), train())],
    ['rounds in rounds', inner => untilTarget({ eta: 1 }, whileAccuracy({ within: 0.1 }, inner))],
    ['growing', inner => grow({ after: 'new', module: conv(8, 1, { name: 'more' }), upTo: 1 }, inner)],
  ])('inside %s', (_, around) => {
    const { told, wider } = telling()
    const steps = planned(
      grow({ after: 'conv', module: conv(5, 1, { name: 'new' }), upTo: 1 }),
      around(grow({ after: 'new', module: wider('inner'), upTo: 1 }, train())),
    )
    expect(told).toEqual([[6, 6, 5]])
    expect(grown(steps).at(-1)).toEqual(conv(6, 1, { name: 'inner' }))
  })

  test('behind the module that the step around it grows', () => {
    const { told, wider } = telling()
    planned(
      grow(
        { after: 'conv', module: conv(5, 1), upTo: 1 },
        grow({ after: 'grown', module: wider('in'), upTo: 1 }),
      ),
    )
    expect(told).toEqual([[6, 6, 5]])
  })

  test('and not asked where no layer is: such a schedule is no experiment', () => {
    const { told, wider } = telling()
    const astray = experiment(freeNet, glyphs(), grow({ after: 'nowhere', module: wider('new'), upTo: 2 }))
    expect(told).toEqual([])
    expect(left(decode(experimentCodec)(experimentCodec.encode(astray)))).toMatchObject({
      _tag: 'Misread',
      at: 'schedule.0.growths',
      wanted: 'something to grow, told by the shape of a layer that the net has',
      got: '[]',
    })
  })
})

test('rounds of plain steps stay as they are', () => {
  const rounds = untilTarget({ keep: { params: 0.5 } }, prune(), train())
  expect(planned(rounds)).toEqual([rounds])
})
