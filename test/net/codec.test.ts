/** Nets and experiments through JSON: what comes back, and where a difference is found. */
import * as fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { mnist } from '../../src/data/spec.js'
import { decode } from '../../src/io/codec.js'
import { netCodec } from '../../src/net/codec.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { experimentCodec } from '../../src/run/schedule/codec.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, train, untilTarget } from '../../src/run/schedule/schedule.js'
import { arbitraryExperiment } from '../support/experiments/experiments.js'
import { arbitraryNet } from '../support/nets/arbitrary.js'
import { left, right } from '../support/nets/surgery.js'

const fixed = net('fixed', image(8, 8, 1), convBnAct(2), globalAvgPool, dense(2))

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Keys = readonly (string | number)[]

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value))

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const childrenOf = (value: Json): readonly (readonly [string | number, Json])[] =>
  Array.isArray(value) ? value.map((each, nth) => [nth, each]) : isRecord(value) ? Object.entries(value) : []

/** Every value inside, with the keys that lead to it. */
const inside = (value: Json, keys: Keys = []): readonly (readonly [Keys, Json])[] => [
  [keys, value],
  ...childrenOf(value).flatMap(([key, child]) => inside(child, [...keys, key])),
]

/** The same with another value at a place; `undefined` takes the key away. */
const replaced = (value: Json, [key, ...rest]: Keys, by: Json | undefined): Json => {
  if (key === undefined) return by ?? null
  if (Array.isArray(value)) return value.map((each, nth) => (nth === key ? replaced(each, rest, by) : each))
  const entries = childrenOf(value).flatMap(([name, child]) =>
    name !== key
      ? [[name, child]]
      : rest.length === 0 && by === undefined
        ? []
        : [[name, replaced(child, rest, by)]],
  )
  return Object.fromEntries(
    isRecord(value) && !(key in value) && by !== undefined ? [...entries, [key, by]] : entries,
  )
}

/** Where decoding says the difference is. */
const differenceIn = (altered: Json): string => left(decode(experimentCodec)(altered)).at

/** A change of an experiment's JSON at a random place, and where that is. */
const changedAt = (places: (all: ReturnType<typeof inside>) => readonly Keys[]) =>
  arbitraryExperiment.chain(value => {
    const whole = json(value)
    return fc.tuple(fc.constant(whole), fc.constantFrom(...places(inside(whole))))
  })

const records = (all: ReturnType<typeof inside>) =>
  all.flatMap(([keys, value]) => (isRecord(value) ? [keys] : []))

describe('through JSON', () => {
  test('a decoded net equals the encoded one', () => {
    fc.assert(
      fc.property(arbitraryNet({ dropout: true }), net => {
        expect(right(decode(netCodec)(json(net)))).toEqual(net)
        expect(json(netCodec.encode(net))).toEqual(json(net))
      }),
      { numRuns: 60 },
    )
  })

  test('a decoded experiment equals the encoded one', () => {
    fc.assert(
      fc.property(arbitraryExperiment, value => {
        const written = json(experimentCodec.encode(value))
        expect(right(decode(experimentCodec)(written))).toEqual(value)
      }),
      { numRuns: 100 },
    )
  })
})

describe('a difference is refused where it is', () => {
  test('a key that is unknown', () => {
    fc.assert(
      fc.property(changedAt(records), ([whole, keys]) => {
        expect(differenceIn(replaced(whole, [...keys, 'strange'], 1))).toBe([...keys, 'strange'].join('.'))
      }),
      { numRuns: 100 },
    )
  })

  test('a key that is missing', () => {
    const onlyKey = (key: string) =>
      ['params', 'macs', 'bytes', 'keep', 'atMost', 'eta', 'mixup', 'cutmix'].includes(key)
    const isWord = (key: unknown) =>
      ['after', 'before', 'inside', 'deepen', 'to', 'widen', 'candidates'].includes(`${key}`)
    const mayMiss = (keys: Keys, key: string) =>
      (key === 'at' && ['growths', 'candidates'].includes(`${keys.at(-2)}`)) ||
      ['probability', 'prune'].includes(key)
    const known = (all: ReturnType<typeof inside>) =>
      all.flatMap(([keys, value]) =>
        isRecord(value)
          ? Object.keys(value).flatMap(key => (onlyKey(key) || mayMiss(keys, key) ? [] : [[...keys, key]]))
          : [],
      )
    fc.assert(
      fc.property(changedAt(known), ([whole, keys]) => {
        const at = isWord(keys.at(-1)) ? keys.slice(0, -1) : keys // without its word nobody knows which growth it is
        expect(differenceIn(replaced(whole, keys, undefined))).toBe(at.join('.'))
      }),
      { numRuns: 100 },
    )
  })

  test('a tag there is not', () => {
    const tags = (all: ReturnType<typeof inside>) =>
      records(all).flatMap(keys =>
        all.some(([each]) => each.join() === [...keys, '_tag'].join()) ? [keys] : [],
      )
    fc.assert(
      fc.property(changedAt(tags), ([whole, keys]) => {
        expect(differenceIn(replaced(whole, [...keys, '_tag'], 'nothing'))).toBe([...keys, '_tag'].join('.'))
      }),
      { numRuns: 100 },
    )
  })

  test('a value of another kind', () => {
    const leaves = (all: ReturnType<typeof inside>) =>
      all.flatMap(([keys, value]) => (typeof value === 'object' ? [] : [keys]))
    fc.assert(
      fc.property(changedAt(leaves), ([whole, keys]) => {
        const at = keys.join('.')
        // a value that may also be a record says what is odd in it
        expect([at, `${at}.odd`]).toContain(differenceIn(replaced(whole, keys, { odd: true })))
      }),
      { numRuns: 100 },
    )
  })

  test('the error says what is expected', () => {
    const whole = json(experiment(fixed, mnist(), train(), untilTarget({ keep: { params: 0.1 } }, prune())))
    const told = (keys: Keys, by: Json) => pipe(replaced(whole, keys, by), decode(experimentCodec), left)
    expect(told(['schedule', 0, 'epochs'], 1.5)).toMatchObject({
      _tag: 'DecodeError',
      at: 'schedule.0.epochs',
      expected: 'a whole number ≥ 1',
      got: '1.5',
    })
    expect(told(['schedule', 0, 'epoch'], 1).expected).toContain('epochs')
    expect(told(['schedule', 0, '_tag'], 'trian').expected).toContain('train')
    expect(told(['schedule', 1, 'target', 'keep', 'param'], 1)).toMatchObject({
      at: 'schedule.1.target.keep.param',
    })
    expect(told(['schedule', 1, 'target', 'keep'], {})).toMatchObject({
      at: 'schedule.1.target.keep',
      expected: 'an amount: one of params, macs, bytes',
    })
    expect(told(['net', 'body', 'layers', 0, 'padding'], -1)).toMatchObject({
      _tag: 'DecodeError',
      at: 'net.body.layers.0.padding',
      expected: '"same", "valid", a whole number ≥ 0, or [top, bottom, left, right]',
      got: '-1',
    })
    expect(told(['net', 'body', 'layers', 0, 'activation'], 'mish')).toMatchObject({
      at: 'net.body.layers.0.activation',
      got: '"mish"',
    })
    expect(told(['net', 'body', 'layers', 0, 'activation'], { _tag: 'leakyRelu', slope: 2 })).toMatchObject({
      at: 'net.body.layers.0.activation.slope',
      got: '2',
    })
  })
})
