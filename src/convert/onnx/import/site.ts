/** One ONNX node while it is read: its inputs, its attributes, and the layers it may add. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sizeOf } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import { layerDiffers } from '../../tree/reader.js'
import { type Constant, fewNumbers } from './constant.js'
import type { Draft } from './draft.js'
import type { AttributeProto, NodeProto, TensorProto } from './file/proto.js'
import type { Live, Value } from './value.js'

export type Read<A> = E.Either<ImportError, A>

/** A node, and the graph around it. */
interface Surroundings {
  readonly node: NodeProto
  readonly opset: number
  /** The size that the batch has in this graph. */
  readonly batch: number
  readonly draft: Draft
  /** A tensor's value. */
  readonly valueOf: (tensor: string) => Read<Value>
  /** The node that gives a tensor. */
  readonly producerOf: (tensor: string) => NodeProto | undefined
  /** How many nodes and outputs read a tensor. */
  readonly readersOf: (tensor: string) => number
}

/** What is read of a node's attributes; `usual` where there is none of the name. */
interface Attributes {
  readonly attribute: (name: string) => AttributeProto | undefined
  readonly int: (name: string, usual: number) => number
  readonly float: (name: string, usual: number) => number
  readonly ints: (name: string) => readonly number[] | null
  readonly text: (name: string, usual: string) => string
  readonly tensor: (name: string) => TensorProto | null
}

/** What is read of a node's inputs, by their numbers. */
interface Inputs {
  /** Whether an input is there; optional ones may have an empty name. */
  readonly hasInput: (nth: number) => boolean
  /** The value of an input. Errors  what its own node could not be read for */
  readonly input: (nth: number) => Read<Value>
  /** A value that a layer may read; `at`: where it comes from. */
  readonly asLive: (at: string, value: Value) => Read<Live>
  readonly live: (nth: number) => Read<Live>
  readonly constant: (nth: number) => Read<Constant>
  /** A constant of floats: the weights of a layer, which integers are behind a DequantizeLinear alone. */
  readonly weight: (nth: number) => Read<Constant>
  /** A weight of `size` numbers; `expected` says what they are. */
  readonly vector: (nth: number, size: number, expected?: string) => Read<Constant>
  /** The numbers of a short constant. */
  readonly numbers: (nth: number) => Read<readonly number[]>
  /** The numbers of an attribute, which later opsets have as an input instead; null where there are none. */
  readonly numbersOf: (name: string, nth: number) => Read<readonly number[] | null>
}

/** One node while it is read. */
export interface Site extends Surroundings, Attributes, Inputs {
  /** An axis counted from the front. */
  readonly axis: (axis: number, rank: number) => Read<number>
  /** A node that is not supported at a place: an attribute or an input. */
  readonly misfit: Misfit
  readonly differs: (at: string, expected: string, got: string) => Read<never>
}

/** Reads a node: the value of each of its outputs. */
export type Operator = (site: Site) => Read<readonly Value[]>

type Misfit = (at: string, expected: string, got: string) => ImportError

/** What is not supported at a node. */
export const misfitOf =
  (node: NodeProto): Misfit =>
  (at, expected, got) =>
    layerDiffers(
      { name: node.name || (node.output[0] ?? ''), className: node.opType },
      { _tag: 'DecodeError', at, expected, got },
    )

const utf8 = new TextDecoder()

export const attributesOf = (node: NodeProto): Attributes => {
  const attribute = (name: string) => node.attribute.find(each => each.name === name)
  const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : utf8.decode(bytes))
  return {
    attribute,
    int: (name, usual) => attribute(name)?.i ?? usual,
    float: (name, usual) => attribute(name)?.f ?? usual,
    ints: name => attribute(name)?.ints ?? null,
    text: (name, usual) => text(attribute(name)?.s) ?? usual,
    tensor: name => attribute(name)?.t ?? null,
  }
}

const asLive = (misfit: Misfit, at: string, value: Value): Read<Live> => {
  if (value._tag === 'live') return E.right(value)
  return value._tag === 'constant'
    ? E.left(misfit(at, 'a value that depends on the images', 'a constant'))
    : E.left(value.fault)
}

const asConstant = (misfit: Misfit, at: string, value: Value): Read<Constant> =>
  value._tag === 'constant'
    ? E.right(value.constant)
    : E.left(misfit(at, 'a constant', 'a value that depends on the images'))

const asFloats = (misfit: Misfit, at: string) =>
  E.filterOrElse(
    ({ isInteger }: Constant) => !isInteger,
    () => misfit(at, 'floating-point numbers', 'integers'),
  )

const ofSize = (misfit: Misfit, at: string, size: number, expected: string) =>
  E.filterOrElse(
    ({ dims }: Constant) => sizeOf(dims) === size,
    ({ dims }) => misfit(at, expected, dims.join(' × ')),
  )

/** Axes, sizes and bounds have at most so many numbers. */
const mostNumbers = 4096

const numbersIn = (misfit: Misfit, at: string, constant: Constant): Read<readonly number[]> =>
  E.fromNullable(misfit(at, `at most ${mostNumbers} numbers`, constant.dims.join(' × ')))(
    fewNumbers(constant, mostNumbers),
  )

const readValue = (surroundings: Surroundings, tensor: string): Read<Value> =>
  pipe(
    surroundings.valueOf(tensor),
    E.flatMap(value => (value._tag === 'fault' ? E.left(value.fault) : E.right(value))),
  )

const placeOf = (nth: number): string => `input ${nth}`

const inputsOf = (surroundings: Surroundings, { ints }: Attributes, misfit: Misfit): Inputs => {
  const nameOf = (nth: number) => surroundings.node.input[nth] ?? ''
  const hasInput = (nth: number) => nameOf(nth) !== ''
  const input = (nth: number) =>
    hasInput(nth) ? readValue(surroundings, nameOf(nth)) : E.left(misfit(placeOf(nth), 'a tensor', 'none'))
  const as =
    <A, B>(read: (nth: number) => Read<A>, convert: (misfit: Misfit, at: string, value: A) => Read<B>) =>
    (nth: number): Read<B> =>
      E.flatMap((value: A) => convert(misfit, placeOf(nth), value))(read(nth))
  const constant = as(input, asConstant)
  const weight = (nth: number) => asFloats(misfit, placeOf(nth))(constant(nth))
  const numbers = as(constant, numbersIn)
  return {
    hasInput,
    input,
    asLive: (at, value) => asLive(misfit, at, value),
    live: as(input, asLive),
    constant,
    weight,
    vector: (nth, size, expected = `${size} numbers`) =>
      ofSize(misfit, placeOf(nth), size, expected)(weight(nth)),
    numbers,
    numbersOf: (name, nth) => (hasInput(nth) ? numbers(nth) : E.right(ints(name))),
  }
}

/** Errors  the axis, where it is not one of so many */
const axisIn =
  (misfit: Misfit) =>
  (axis: number, rank: number): Read<number> =>
    Number.isInteger(axis) && axis >= -rank && axis < rank
      ? E.right(axis < 0 ? axis + rank : axis)
      : E.left(misfit('axis', `one from ${-rank} to ${rank - 1}`, `${axis}`))

/** A node in its surroundings, with what is read of it. */
export const siteOf = (surroundings: Surroundings): Site => {
  const attributes = attributesOf(surroundings.node)
  const misfit = misfitOf(surroundings.node)
  return {
    ...surroundings,
    ...attributes,
    ...inputsOf(surroundings, attributes, misfit),
    axis: axisIn(misfit),
    misfit,
    differs: (...fault) => E.left(misfit(...fault)),
  }
}
