/** One ONNX node while it is read: its inputs, its attributes, and the layers it may add. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sizeOf } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import { layerDiffers } from '../../tree/reader.js'
import { type Constant, fewNumbers } from './constant.js'
import type { Draft } from './draft.js'
import type { AttributeProto, NodeProto } from './file/proto.js'
import type { Live, Value } from './value.js'

/** What an operator reads of the graph around a node. */
export interface Site {
  readonly node: NodeProto
  readonly opset: number
  /** The size that the batch has in this graph. */
  readonly batch: number
  readonly draft: Draft
  /** A tensor's value. */
  readonly valueOf: (tensor: string) => E.Either<ImportError, Value>
  /** The node that gives a tensor. */
  readonly producerOf: (tensor: string) => NodeProto | undefined
  /** How many nodes and outputs read a tensor. */
  readonly readersOf: (tensor: string) => number
}

export type Read<A> = E.Either<ImportError, A>

/** Reads a node: the value of each of its outputs. */
export type Operator = (site: Site) => Read<readonly Value[]>

/** A node that is not supported at a place: an attribute or an input. */
export const misfit = (
  { node }: Pick<Site, 'node'>,
  at: string,
  expected: string,
  got: string,
): ImportError =>
  layerDiffers(
    { name: node.name || (node.output[0] ?? ''), className: node.opType },
    { _tag: 'DecodeError', at, expected, got },
  )

export const differs = (
  site: Pick<Site, 'node'>,
  at: string,
  expected: string,
  got: string,
): E.Either<ImportError, never> => E.left(misfit(site, at, expected, got))

export const attributeOf = ({ node }: Site, name: string): AttributeProto | undefined =>
  node.attribute.find(attribute => attribute.name === name)

export const intAttribute = (site: Site, name: string, usual: number): number =>
  attributeOf(site, name)?.i ?? usual

export const floatAttribute = (site: Site, name: string, usual: number): number =>
  attributeOf(site, name)?.f ?? usual

export const intsAttribute = (site: Site, name: string): readonly number[] | null =>
  attributeOf(site, name)?.ints ?? null

const utf8 = new TextDecoder()

export const textAttribute = (site: Site, name: string, usual: string): string => {
  const attribute = attributeOf(site, name)
  return attribute === undefined ? usual : utf8.decode(attribute.s)
}

export const tensorAttribute = (site: Site, name: string) => attributeOf(site, name)?.t ?? null

/** Whether an input is there; optional ones may have an empty name. */
export const hasInput = ({ node }: Site, nth: number): boolean => (node.input[nth] ?? '') !== ''

/** The value of an input. Errors  what its own node could not be read for */
export const input = (site: Site, nth: number): Read<Value> =>
  hasInput(site, nth)
    ? pipe(
        site.valueOf(site.node.input[nth] ?? ''),
        E.flatMap((value): Read<Value> => (value._tag === 'fault' ? E.left(value.fault) : E.right(value))),
      )
    : differs(site, `input ${nth}`, 'a tensor', 'none')

/** A value that a layer may read. */
export const asLive = (site: Site, at: string, value: Value): Read<Live> => {
  if (value._tag === 'live') return E.right(value)
  return value._tag === 'constant'
    ? differs(site, at, 'a value that depends on the images', 'a constant')
    : E.left(value.fault)
}

export const liveInput = (site: Site, nth: number): Read<Live> =>
  pipe(
    input(site, nth),
    E.flatMap(value => asLive(site, `input ${nth}`, value)),
  )

export const constantInput = (site: Site, nth: number): Read<Constant> =>
  pipe(
    input(site, nth),
    E.flatMap(value =>
      value._tag === 'constant'
        ? E.right(value.constant)
        : differs(site, `input ${nth}`, 'a constant', 'a value that depends on the images'),
    ),
  )

/** A constant of floats: the weights of a layer, which integers are behind a DequantizeLinear alone. */
export const weightInput = (site: Site, nth: number): Read<Constant> =>
  pipe(
    constantInput(site, nth),
    E.filterOrElse(
      ({ isInteger }) => !isInteger,
      () => misfit(site, `input ${nth}`, 'floating-point numbers', 'integers'),
    ),
  )

/** A weight of `size` numbers; `expected` says what they are. */
export const vectorInput = (
  site: Site,
  nth: number,
  size: number,
  expected = `${size} numbers`,
): Read<Constant> =>
  pipe(
    weightInput(site, nth),
    E.flatMap(constant =>
      sizeOf(constant.dims) === size
        ? E.right(constant)
        : differs(site, `input ${nth}`, expected, constant.dims.join(' × ')),
    ),
  )

/** Axes, sizes and bounds have at most so many numbers. */
const mostNumbers = 4096

/** The numbers of a short constant input. */
export const numbersInput = (site: Site, nth: number): Read<readonly number[]> =>
  pipe(
    constantInput(site, nth),
    E.flatMap(constant => {
      const numbers = fewNumbers(constant, mostNumbers)
      return numbers === null
        ? differs(site, `input ${nth}`, `at most ${mostNumbers} numbers`, constant.dims.join(' × '))
        : E.right(numbers)
    }),
  )

/** The numbers of an attribute, which later opsets have as an input instead; null where there are none. */
export const numbersOf = (site: Site, name: string, nth: number): Read<readonly number[] | null> =>
  hasInput(site, nth) ? numbersInput(site, nth) : E.right(intsAttribute(site, name))

/** An axis counted from the front. */
export const axisOf = (site: Site, axis: number, rank: number): Read<number> =>
  Number.isInteger(axis) && axis >= -rank && axis < rank
    ? E.right(axis < 0 ? axis + rank : axis)
    : differs(site, 'axis', `one from ${-rank} to ${rank - 1}`, `${axis}`)
