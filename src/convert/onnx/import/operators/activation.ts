/** Activations, with the constants they have here, and the softmax at the end of a model. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Activation } from '../../../../net/activation.js'
import { channelsOf } from '../../../../net/shape.js'
import { decimal, isNear, uniformValue } from '../constant.js'
import type { Operator, Read, Site } from '../site.js'
import type { Live, Value } from '../value.js'
import { countOf, dimsOf } from '../view.js'

/** An activation behind a value; the view stays. */
export const addActivation = (site: Site, from: Live, activation: Activation): Live =>
  site.draft.addLeaf(site.node, from, { _tag: 'activate', name: '', activation }, {}, from)

/** Reads which activation a node is. */
type ActivationOf = (site: Site) => Read<Activation>

const always =
  (activation: Activation): ActivationOf =>
  () =>
    E.right(activation)

const expectFloat = (site: Site, name: string, usual: number, expected: number): Read<void> => {
  const value = site.float(name, usual)
  return isNear(value, expected)
    ? E.right(undefined)
    : site.differs(name, `${decimal(expected)}`, `${decimal(value)}`)
}

const hardSigmoid: ActivationOf = site =>
  pipe(
    expectFloat(site, 'alpha', 0.2, 1 / 6),
    E.flatMap(() => expectFloat(site, 'beta', 0.5, 0.5)),
    E.map((): Activation => 'hardSigmoid'),
  )

const elu: ActivationOf = site =>
  pipe(
    expectFloat(site, 'alpha', 1, 1),
    E.map((): Activation => 'elu'),
  )

const swish: ActivationOf = site =>
  pipe(
    expectFloat(site, 'alpha', 1, 1),
    E.map((): Activation => 'swish'),
  )

const gelu: ActivationOf = site => {
  const approximate = site.text('approximate', 'none')
  if (approximate === 'none') return E.right('gelu')
  return approximate === 'tanh'
    ? E.right('geluTanh')
    : site.differs('approximate', 'none or tanh', approximate)
}

const leaky = (site: Site, slope: number): Read<Activation> => {
  if (slope === 0) return E.right('relu')
  return slope > 0 && slope < 1
    ? E.right({ _tag: 'leakyRelu', slope: decimal(slope) })
    : site.differs('slope', 'a number ≥ 0 and < 1', `${slope}`)
}

/** One slope for all channels. */
const prelu: ActivationOf = site =>
  pipe(
    site.constant(1),
    E.flatMap(constant => {
      const slope = uniformValue(constant)
      return slope === null
        ? site.differs('input 1', 'one slope for all channels', 'several')
        : leaky(site, slope)
    }),
  )

const bound = (site: Site, nth: number, usual: number): Read<number> =>
  site.hasInput(nth)
    ? pipe(
        site.constant(nth),
        E.map(constant => uniformValue(constant) ?? Number.NaN),
      )
    : E.right(usual)

/** The largest float32, which exporters write where there is no bound. */
const isUnbounded = (value: number): boolean => value >= 3.4e38

const clip: ActivationOf = site =>
  pipe(
    E.Do,
    E.bind('low', () => bound(site, 1, Number.NEGATIVE_INFINITY)),
    E.bind('high', () => bound(site, 2, Number.POSITIVE_INFINITY)),
    E.flatMap(({ low, high }): Read<Activation> => {
      if (low === 0 && high === 6) return E.right('relu6')
      return low === 0 && isUnbounded(high)
        ? E.right('relu')
        : site.differs('bounds', '0 and 6, or 0 and none', `${low} and ${high}`)
    }),
  )

export const activations: Readonly<Record<string, ActivationOf>> = {
  Relu: always('relu'),
  Sigmoid: always('sigmoid'),
  Tanh: always('tanh'),
  HardSwish: always('hardSwish'),
  HardSigmoid: hardSigmoid,
  Elu: elu,
  Gelu: gelu,
  Swish: swish,
  LeakyRelu: site => leaky(site, site.float('alpha', 0.01)),
  PRelu: prelu,
  Clip: clip,
}

/** Shapes  unchanged */
export const activate =
  (activationOf: ActivationOf) =>
  (site: Site): Read<readonly Live[]> =>
    pipe(
      E.Do,
      E.bind('from', () => site.live(0)),
      E.bind('activation', () => activationOf(site)),
      E.map(({ from, activation }) => [addActivation(site, from, activation)]),
    )

/** A softmax over the classes: the outputs of a net are the logits before it. */
export const softmax: Operator = site =>
  pipe(
    site.live(0),
    E.flatMap((logits): Read<readonly Value[]> => {
      const rank = logits.view.length
      const axis = site.int('axis', site.opset < 13 ? 1 : -1)
      const spans = logits.view[axis < 0 ? axis + rank : axis] ?? []
      const isOverAll = countOf(spans) === channelsOf(logits.shape)
      const fault = site.misfit(
        'place',
        'the end of the model',
        `a softmax inside it, over ${dimsOf(logits.view).join(' × ')}`,
      )
      return isOverAll
        ? E.right([{ _tag: 'softmax', logits, fault }])
        : E.left(site.misfit('axis', 'the classes', `${axis} of ${dimsOf(logits.view).join(' × ')}`))
    }),
  )
