/** Random combinators around random layers. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { infer } from '../../../../src/net/infer.js'
import { channelsOf, type Shape } from '../../../../src/net/shape.js'
import type { Layer } from '../../../../src/net/tree.js'
import { gate } from '../../../../src/net/words/channels.js'
import {
  concat,
  identity,
  inception,
  repeat,
  residual,
  stack,
} from '../../../../src/net/words/combinators.js'
import { convBnAct, flatten } from '../../../../src/net/words/leaves.js'
import type { MapWord } from '../../../../src/net/words/types.js'
import { leaf, options, unit } from './leaves.js'
import { activation, epsilon, type Mapping, type NetOptions, type Recipe, small } from './options.js'

/** The shape a word gives. */
const after =
  (input: Shape) =>
  (word: Layer): Shape => {
    const placed = infer({
      _tag: 'net',
      name: 'probe',
      input,
      body: {
        _tag: 'stack',
        name: '',
        layers: [
          { ...word, name: 'word' },
          { ...flatten, name: 'flatten' },
        ],
      },
    })
    if (E.isLeft(placed)) throw new Error(`an arbitrary that does not fit: ${JSON.stringify(placed.left)}`)
    return placed.right.layers.get('word')?.output ?? input
  }

/** A combinator's name with its number, so that no two siblings share one; unnamed leaves are named later. */
const numbered = (word: MapWord, nth: number): MapWord =>
  word.name === '' ? word : { ...word, name: `${word.name}${nth + 1}` }

/** Cooks recipes one after another. */
export const cooked = (recipes: readonly Recipe[], input: Shape): readonly MapWord[] =>
  recipes.reduce<{ readonly words: readonly MapWord[]; readonly shape: Shape }>(
    ({ words, shape }, recipe) => {
      const word = numbered(recipe(shape), words.length)
      return { words: [...words, word], shape: after(shape)(word) }
    },
    { words: [], shape: input },
  ).words

const inside = (from: NetOptions, depth: number, maxLength: number): fc.Arbitrary<readonly Mapping[]> =>
  fc.array(depth > 0 ? mapping(from, depth - 1) : leaf(from), { minLength: 1, maxLength })

const stacked = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  inside(from, depth, 3).map(
    inner => steady => input =>
      stack(
        'stack',
        ...cooked(
          inner.map(each => each(steady)),
          input,
        ),
      ),
  )

const branches = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc.array(fc.option(inside(from, depth, 2), { freq: 5 }), { minLength: 1, maxLength: 3 }).map(
    inner => () => input =>
      concat(
        'concat',
        ...inner.map((branch, nth) =>
          branch === null
            ? { ...identity, name: `b${nth}` }
            : stack(
                `b${nth}`,
                ...cooked(
                  branch.map(each => each(true)),
                  input,
                ),
              ),
        ),
      ),
  )

/** A sum around a body: past a projection, or the body ends in as many filters as came in. */
const summed = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc
    .tuple(inside(from, depth, 2), fc.boolean(), activation(from), unit(from))
    .map(([inner, projected, activated, each]) => () => input => {
      const words = cooked(
        inner.map(one => one(true)),
        input,
      )
      const [, , channels = 1] = input
      const filters = projected ? each.filters : channels
      const end = convBnAct(filters, 1, { name: 'end', ...options(each, input, true), dilation: 1 })
      const body = stack('body', ...words, end)
      return residual('residual', body, {
        activation: activated,
        ...(projected ? { shortcut: convBnAct(filters, 1, { activation: null, norm: { epsilon } }) } : {}),
      })
    })

/** A map times another of its shape: the body ends in as many filters as came in. */
const gated = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc.tuple(inside(from, depth, 2), unit(from)).map(([inner, each]) => () => input => {
    const words = cooked(
      inner.map(one => one(true)),
      input,
    )
    const end = convBnAct(channelsOf(input), 1, { ...options(each, input, true), dilation: 1, name: 'end' })
    return gate('gated', stack('body', ...words, end))
  })

const module = (): fc.Arbitrary<Mapping> =>
  fc
    .record(
      {
        three: fc.tuple(small, small),
        five: fc.oneof(fc.tuple(small, small), fc.tuple(small, small, small)),
        pool: small,
      },
      { requiredKeys: [] },
    )
    .chain(rest => small.map(point => ({ point, ...rest })))
    .map(parts => () => () => inception('inception', parts))

/** Every copy after the first takes what the first gives. */
const repeated = (from: NetOptions): fc.Arbitrary<Mapping> =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), leaf({ ...from, channels: false }))
    .map(([times, each]) => () => input => {
      const first = each(true)(input)
      const next = each(true)(after(input)(first))
      return repeat('repeat', times, nth => (nth === 0 ? first : next))
    })

export const mapping = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc.oneof(
    { weight: 6, arbitrary: leaf(from) },
    { weight: 1, arbitrary: stacked(from, depth) },
    { weight: 2, arbitrary: branches(from, depth) },
    { weight: 2, arbitrary: summed(from, depth) },
    ...(from.channels === false ? [] : [{ weight: 1, arbitrary: gated(from, depth) }]),
    { weight: 2, arbitrary: module() },
    { weight: 1, arbitrary: repeated(from) },
  )
