/** Functions of a user's own in a schedule: written by name, given again, checked before anything trains. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import * as op from '../../../src/graph/operations.js'
import { decode } from '../../../src/io/codec.js'
import { type AnyCriterion, criterion } from '../../../src/learn/criteria/named-criterion.js'
import { pushTerm } from '../../../src/learn/push/push-term.js'
import { net } from '../../../src/net/words/combinators.js'
import { convBnAct, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { checkSchedule } from '../../../src/run/schedule/check.js'
import { experimentCodec } from '../../../src/run/schedule/codec.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { functionsIn, provideFunctions } from '../../../src/run/schedule/functions.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, push, train } from '../../../src/run/schedule/schedule.js'
import type { ScheduleStep } from '../../../src/run/schedule/steps.js'
import { checkNames } from '../../../src/run/study/check-names.js'
import { study } from '../../../src/run/study/study.js'
import { growthRule } from '../../../src/surgery/grow/rule.js'
import { l1 } from '../../../src/surgery/prune/criteria.js'
import { left, right } from '../../support/nets/surgery.js'
import { tinyNet } from '../../support/nets/tiny.js'
import { own, sparse, spread, stored, thrown, wider } from './functions.js'

describe('in JSON', () => {
  test('stands the name, and what the checks must know; the function is lost and given again', () => {
    const { schedule } = stored(own)
    expect(functionsIn(schedule)).toEqual([
      { _tag: 'growthRule', name: 'wider' },
      { _tag: 'pushTerm', name: 'sparse', weight: 0.01 },
      { _tag: 'criterion', name: 'spread', evidence: 'activations', normalize: 'layer' },
    ])
    expect(experimentCodec.encode(own)).toEqual(experimentCodec.encode(stored(own)))
    expect(right(provideFunctions(functionsIn(own.schedule), 'own.ts')(schedule))).toEqual(own.schedule)
  })

  test('law: what was read and provided is what was written, whatever the names and weights', () => {
    const steps = fc.array(
      fc.oneof(
        fc.string({ minLength: 1 }).map(name => prune({ by: criterion(name, l1), eta: 1 })),
        fc
          .tuple(fc.string({ minLength: 1 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
          .map(([name, weight]) =>
            push({ align: { terms: [pushTerm(name, ({ logits }) => op.mean(logits))(weight)] } }),
          ),
      ),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(steps, drawn => {
        const whole = experiment(tinyNet, glyphs(), ...drawn)
        const names = functionsIn(whole.schedule).map(({ _tag, name }) => `${_tag} ${name}`)
        fc.pre(new Set(names).size === names.length)
        const provided = provideFunctions(functionsIn(whole.schedule), 'own.ts')(stored(whole).schedule)
        expect(JSON.stringify(right(provided))).toBe(JSON.stringify(whole.schedule))
        expect(functionsIn(right(provided)).map(({ call }) => call)).toEqual(
          functionsIn(whole.schedule).map(({ call }) => call),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('a name that is none is refused where it stands', () => {
    const refused = decode(experimentCodec)(
      experiment(tinyNet, glyphs(), prune({ by: criterion('', l1), eta: 1 })),
    )
    expect(renderMessage(left(refused))).toBe('step 1 (prune), by (criterion), name: expected a name, got ""')
  })
})

const fate = (...steps: readonly ScheduleStep[]): string =>
  pipe(
    checkSchedule(12)(experiment(tinyNet, glyphs(), ...steps)),
    E.match(renderMessage, () => 'fits'),
  )

test('a study whose variants mean two functions by one name is refused, as it would run them once', () => {
  const of = (values: () => Record<string, number[]>) =>
    experiment(tinyNet, glyphs(), prune({ by: criterion('same', values), eta: 1 }))
  const two = study('two', {}, [
    { name: 'a', experiment: of(() => ({ conv: [1, 2, 3, 4, 5, 6] })) },
    { name: 'b', experiment: of(() => ({ conv: [6, 5, 4, 3, 2, 1] })) },
  ])
  expect(left(checkNames(two))).toEqual({ _tag: 'SameName', kind: 'criterion', name: 'same' })
})

describe('before anything trains', () => {
  const by = (each: AnyCriterion) => prune({ by: each, eta: 1 })
  const align = (term: ReturnType<ReturnType<typeof pushTerm>>) => push({ align: { terms: [term] } })

  test('it is known what evidence a criterion asks for', () => {
    const tracked = criterion('tracked', (_, seen) => seen, { evidence: 'gradientUtility' })
    expect(fate(push(), by(tracked))).toBe('fits')
    expect(fate(push(), train(), by(tracked))).toMatch(
      /^criterion tracked: expected a push with a fade right before the prune, got none/,
    )
    const traced = criterion('traced', () => ({}), { evidence: 'gradientTrace' })
    const headless = net('headless', image(6, 6, 1), convBnAct(4), convBnAct(3), globalAvgPool)
    expect(left(checkSchedule(12)(experiment(headless, glyphs(), by(traced))))).toEqual({
      _tag: 'NoDecision',
      got: ['conv', 'globalAvgPool'],
    })
  })

  test.each<[string, readonly ScheduleStep[], string]>([
    [
      'two functions of one name',
      [by(criterion('same', l1)), by(criterion('same', () => ({})))],
      "criterion 'same': expected one function of this name, got two; try a name for each",
    ],
    ['one function twice', [by(spread), by(spread), align(sparse(1)), align(sparse(2))], 'fits'],
    [
      'a term that throws',
      [align(pushTerm('bad', thrown)(1))],
      "push term 'bad': expected a result, got an error (no such thing); try calling it by itself",
    ],
    [
      'a term that is no number',
      [align(pushTerm('bad', ({ logits }) => logits)(1))],
      "push term 'bad', result: expected a value of shape [], got one of shape [100, 3]; try correcting the function",
    ],
    [
      'a rule that throws',
      [grow({ rule: growthRule('bad', thrown), max: 2 })],
      "growth rule 'bad': expected a result, got an error (no such thing); try calling it by itself",
    ],
    [
      'a rule that returns no growth',
      [grow({ rule: growthRule('bad', () => ({ after: 'conv' }) as never), max: 2 })],
      "growth rule 'bad', result: layer module: expected a layer, got undefined; try correcting the function",
    ],
    [
      'a rule that grows where nothing is',
      [grow({ rule: growthRule('bad', () => ({ deepen: 'nowhere', module: convBnAct(2) })), max: 2 })],
      'deepen: expected the path of a layer, got nowhere; try npm run describe -- FILE, which lists the layers',
    ],
    [
      'a rule with a place beside it',
      [grow({ rule: wider, max: 2, after: 'conv' } as never)],
      "step 1 (grow): expected a known option, got 'after'; try one of rule, max, minDelta, patience, init, exact, noise, budget, newRate, warmup",
    ],
  ])('%s', (_, steps, expected) => {
    expect(fate(...steps)).toBe(expected)
  })

  test('a step that was read, without its function', () => {
    const { schedule, net: of } = stored(experiment(tinyNet, glyphs(), by(spread)))
    expect(left(checkSchedule(12)({ net: of, schedule }))).toEqual({
      _tag: 'NoFunction',
      kind: 'criterion',
      name: 'spread',
      file: null,
    })
  })
})
