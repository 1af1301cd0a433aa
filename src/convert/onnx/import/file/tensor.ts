/** Reads the tensors of an ONNX file as constants; sizes are checked before anything is allocated. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { mostWeights } from '../../../../net/limits/limits.js'
import { sizeOf } from '../../../../net/shape.js'
import type { ImportError } from '../../../error.js'
import type { Constant, Numbers } from '../constant.js'
import type { TensorProto } from './proto.js'

/** The bytes of tensors that lie in other files, by the tensor's name. */
export type ExternalBytes = ReadonlyMap<string, Uint8Array>

/** A number type of ONNX: its bytes, and how they become numbers. */
interface ElementType {
  readonly name: string
  readonly bytes: number
  readonly isInteger: boolean
  readonly decode: (bytes: Uint8Array) => Numbers
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Numbers that JavaScript has no array for, or of other precision. */
const each =
  <A extends Numbers>(
    size: number,
    make: (length: number) => A,
    at: (view: DataView, from: number) => number,
  ) =>
  (bytes: Uint8Array): A => {
    const view = viewOf(bytes)
    const result = make(bytes.byteLength / size)
    for (let i = 0; i < result.length; i++) result[i] = at(view, i * size)
    return result
  }

const floats = (length: number) => new Float32Array(length)
const doubles = (length: number) => new Float64Array(length)

/** A copy, since a view of the file need not begin at a multiple of four. */
const float32s = (bytes: Uint8Array): Float32Array => new Float32Array(new Uint8Array(bytes).buffer)

/** Source  IEEE 754: 1 bit of sign, 5 of exponent, 10 of fraction */
const halfToNumber = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0
    ? sign * 2 ** -14 * (fraction / 1024)
    : sign * 2 ** (exponent - 15) * (1 + fraction / 1024)
}

const float16 = each(2, floats, (view, from) => halfToNumber(view.getUint16(from, true)))
const float64 = each(8, floats, (view, from) => view.getFloat64(from, true))
const int32 = each(4, doubles, (view, from) => view.getInt32(from, true))
const int64 = each(8, doubles, (view, from) => Number(view.getBigInt64(from, true)))
const int8 = each(1, doubles, (view, from) => view.getInt8(from))
const uint8 = each(1, doubles, (view, from) => view.getUint8(from))

const elementTypes: ReadonlyMap<number, ElementType> = new Map([
  [1, { name: 'float32', bytes: 4, isInteger: false, decode: float32s }],
  [2, { name: 'uint8', bytes: 1, isInteger: true, decode: uint8 }],
  [3, { name: 'int8', bytes: 1, isInteger: true, decode: int8 }],
  [6, { name: 'int32', bytes: 4, isInteger: true, decode: int32 }],
  [7, { name: 'int64', bytes: 8, isInteger: true, decode: int64 }],
  [9, { name: 'bool', bytes: 1, isInteger: true, decode: uint8 }],
  [10, { name: 'float16', bytes: 2, isInteger: false, decode: float16 }],
  [11, { name: 'float64', bytes: 8, isInteger: false, decode: float64 }],
])

const names = [...elementTypes.values()].map(({ name }) => name).join(', ')

/** Whether tensors of this type are read: as the input of a model they are floats. */
export const isFloatType = (type: number): boolean => elementTypes.get(type)?.isInteger === false

const differs = (name: string, at: string, expected: string, got: string): E.Either<ImportError, never> =>
  E.left({ _tag: 'TensorDiffers', name, fault: { _tag: 'DecodeError', at, expected, got } })

/** The values that a tensor has in a field of its type instead of bytes; null where it has none there. */
const typedValues = (proto: TensorProto): readonly number[] | null => {
  const { dataType, floatData, int32Data, int64Data, doubleData } = proto
  if (dataType === 10 && int32Data.length > 0) return int32Data.map(halfToNumber)
  return [floatData, int32Data, int64Data, doubleData].find(values => values.length > 0) ?? null
}

const isExternal = ({ dataLocation }: TensorProto): boolean => dataLocation === 1

/** Where an external tensor's bytes are. */
export interface ExternalPlace {
  readonly name: string
  readonly location: string
  readonly from: number
  readonly length: number
}

const checkDims = ({ name, dims }: TensorProto): E.Either<ImportError, number> => {
  const [size, text] = [sizeOf(dims), dims.join(' × ')]
  if (!dims.every(dim => Number.isSafeInteger(dim) && dim >= 0))
    return differs(name, 'dims', 'whole numbers from 0 on', text)
  return size <= mostWeights
    ? E.right(size)
    : differs(name, 'dims', `at most ${mostWeights.toLocaleString('en')} values`, text)
}

/** Types of ONNX by their numbers. */
const typeNames =
  'none float uint8 int8 uint16 int16 int32 int64 string bool float16 double uint32 uint64 complex64 complex128 bfloat16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz uint4 int4 float4e2m1 float8e8m0 uint2 int2 float6e2m3 float6e3m2'.split(
    ' ',
  )

/** The name of a type of ONNX. */
export const typeName = (dataType: number): string => typeNames[dataType] ?? `type ${dataType}`

const typeOf = ({ name, dataType }: TensorProto): E.Either<ImportError, ElementType> => {
  const type = elementTypes.get(dataType)
  return type === undefined
    ? differs(name, 'data_type', `one of ${names}`, typeName(dataType))
    : E.right(type)
}

const placeOf = (proto: TensorProto, bytes: number): E.Either<ImportError, ExternalPlace> => {
  const { name, dims, externalData } = proto
  const fields = new Map(externalData.map(({ key, value }) => [key, value]))
  const [from, length] = [Number(fields.get('offset') ?? 0), Number(fields.get('length') ?? bytes)]
  if (length !== bytes)
    return differs(name, 'external_data length', `${bytes} bytes for ${dims.join(' × ')}`, `${length}`)
  return Number.isSafeInteger(from) && from >= 0
    ? E.right({ name, location: fields.get('location') ?? '', from, length })
    : differs(name, 'external_data offset', 'a whole number ≥ 0', `${fields.get('offset')}`)
}

/** The place of a tensor that lies in another file; null for all others. Errors  TensorDiffers */
export const externalPlaceOf = (proto: TensorProto): E.Either<ImportError, ExternalPlace | null> =>
  isExternal(proto)
    ? pipe(
        E.Do,
        E.bind('size', () => checkDims(proto)),
        E.bind('type', () => typeOf(proto)),
        E.flatMap(({ size, type }) => placeOf(proto, size * type.bytes)),
      )
    : E.right(null)

const fromValues =
  (values: readonly number[], { isInteger }: ElementType) =>
  (): Numbers =>
    isInteger ? Float64Array.from(values) : Float32Array.from(values)

/** A tensor as a constant. Errors  TensorDiffers where its type is not read, or its values are not as many as its sizes say */
export const constantIn =
  (external: ExternalBytes) =>
  (proto: TensorProto): E.Either<ImportError, Constant> => {
    const { name, dims } = proto
    const [size, type] = [checkDims(proto), typeOf(proto)]
    if (E.isLeft(size)) return size
    if (E.isLeft(type)) return type
    const { isInteger, bytes, decode } = type.right
    const values = typedValues(proto)
    if (values !== null && !isExternal(proto))
      return values.length === size.right
        ? E.right({ dims, isInteger, read: fromValues(values, type.right) })
        : differs(name, 'values', `${size.right} for ${dims.join(' × ')}`, `${values.length}`)
    const raw = isExternal(proto) ? (external.get(name) ?? new Uint8Array()) : proto.rawData
    return raw.byteLength === size.right * bytes
      ? E.right({ dims, isInteger, read: () => decode(raw) })
      : differs(name, 'raw_data', `${size.right * bytes} bytes for ${dims.join(' × ')}`, `${raw.byteLength}`)
  }
