/** An option that a word does not know is refused where it stands, before anything trains. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { convBnAct, experiment, glyphs, init, type Layer, maxPool, relu, train } from '../../../src/index.js'
import { push as pushModel, train as trainModel } from '../../../src/learn/training/transforms.js'
import { infer } from '../../../src/net/infer.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { checkSchedule } from '../../../src/run/schedule/check.js'
import { grow as growModel } from '../../../src/surgery/grow/grow.js'
import { l1 } from '../../../src/surgery/prune/criteria.js'
import { prune as pruneModel } from '../../../src/surgery/prune/prune.js'
import { left, right } from '../../support/nets/surgery.js'
import { freeNet, tinyNet } from '../../support/nets/tiny.js'
import { words } from './option-words.js'
import { bare, netOf, steps } from './reading.js'

/** Keys that no word knows, and that no known one begins with. */
const strange = fc
  .string({ unit: fc.constantFrom(...'qxzQXZ'), minLength: 4, maxLength: 12 })
  .map(text => `${text}q`)

describe('an option that a word does not know', () => {
  test.each(Object.entries(words))('%s', (_, [tell, known, place]) => {
    const where = place === '' ? '' : `${place}: `
    expect(E.isRight(tell({}))).toBe(true)
    fc.assert(
      fc.property(strange, fc.anything(), (key, value) => {
        const fact = left(tell({ [key]: value }))
        expect(fact.at.split('.').at(-1)).toBe(key)
        expect(renderMessage(fact)).toMatch(`${where}expected a known option, got '${key}'`)
        expect(renderMessage(fact)).not.toMatch("try '")
        if (known !== '') expect(fact.known).toContain(known)
      }),
      { numRuns: 5 },
    )
    if (known !== '')
      expect(renderMessage(left(tell({ [`${known}s`]: 1 })))).toBe(
        `${where}expected a known option, got '${known}s'; try '${known}'`,
      )
  })

  test('is refused where research code builds, and where a schedule is gone through, too', () => {
    const odd = netOf(bare(convBnAct)(12, 3, { strides: 2, activaton: null }))
    const said = "layer conv (conv): expected a known option, got 'strides'; try 'stride'"
    expect(renderMessage(left(infer(odd)))).toBe(said)
    expect(renderMessage(left(init(0)(odd)))).toBe(said)
    expect(renderMessage(left(checkSchedule(9)(steps(bare(train)({ epoch: 3 })))))).toBe(
      "step 1 (train): expected a known option, got 'epoch'; try 'epochs'",
    )
  })

  test('nor may one be what the word takes as an argument', () => {
    for (const [made, said] of [
      [
        bare(convBnAct)(12, 3, { kernel: 5 }),
        "layer conv (conv): expected 'kernel' as an argument, got it as an option; try it before the options",
      ],
      [
        bare(maxPool)(2, { size: 3 }),
        "layer maxPool (maxPool): expected 'size' as an argument, got it as an option; try it before the options",
      ],
    ] as const)
      expect(renderMessage(left(infer(netOf(made))))).toBe(said)
  })

  test('nor one of what transforms models in research code', async () => {
    const model = right(init(0)(freeNet))
    const pruned = (options: object) => renderMessage(left(pruneModel(options as never)(model)))
    const grown = (options: object) => renderMessage(left(growModel(options as never)(model)))
    const goal = { keep: { params: 0.5 }, by: l1 }
    const module = { after: 'conv', module: relu, seed: 0 }
    expect(pruned({ ...goal, minChannel: 2 })).toBe(
      "expected a known option, got 'minChannel'; try 'minChannels'",
    )
    expect(pruned({ ...goal, eta: 1 })).toMatch('expected only one of eta, keep, atMost, channels')
    expect(pruned({ ...goal, keep: { params: 0.5, macs: 1 } })).toMatch('keep: expected')
    expect(pruned({ ...goal, freeze: 'conv' })).toBe('freeze: expected a list of paths, got "conv"')
    expect(grown({ ...module, noize: 1 })).toBe("expected a known option, got 'noize'; try 'noise'")
    expect(grown({ ...module, before: 'conv' })).toMatch('expected only one of after, before')
    expect(grown({ ...module, budget: { param: 1 } })).toBe(
      "budget: expected a known option, got 'param'; try 'params'",
    )
    expect(grown({ ...module, module: bare(convBnAct)(3, 1, { strides: 1 }) })).toMatch(
      "expected a known option, got 'strides'",
    )
    for (const transform of [trainModel, pushModel]) {
      const learnt = (options: object) => transform(options as never)({} as never)(model)()
      expect(renderMessage(left(await learnt({ epoch: 1 })))).toBe(
        "expected a known option, got 'epoch'; try 'epochs'",
      )
      expect(renderMessage(left(await learnt({ batchSize: 0 })))).toBe(
        'batchSize: expected a whole number ≥ 1, got 0',
      )
    }
    const cut = { keep: { params: 0.5, macs: 0.5 } }
    expect(renderMessage(left(await pushModel({ cut } as never)({} as never)(model)()))).toMatch(
      'cut.keep: expected',
    )
  })
})

test('what fits is let through, and says nothing more than it did', () => {
  expect(Object.keys(convBnAct(8) satisfies Layer)).toEqual([
    '_tag',
    'filters',
    'kernel',
    'groups',
    'name',
    'stride',
    'padding',
    'dilation',
    'norm',
    'bias',
    'activation',
  ])
  expect(JSON.stringify(train({ epochs: 2 }))).toBe(
    '{"_tag":"train","epochs":2,"batchSize":100,"learningRate":0.1,"lrSchedule":{"_tag":"cosine","floor":0,"warmup":20},"optimizer":{"_tag":"sgd","momentum":0.9,"nesterov":true,"weightDecay":0.0005,"decoupled":false},"labelSmoothing":0,"clipNorm":null,"balanced":false,"classWeights":null,"freeze":[],"scaleRate":1,"shiftRate":1,"average":null,"mix":null,"restoreBest":false,"patience":null,"accumulate":1,"distill":null}',
  )
  expect(right(checkSchedule(9)(experiment(tinyNet, glyphs(), train())))).toBe(undefined)
})
