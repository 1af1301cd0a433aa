/** Numbers of a LayersModel as its files hold them: plain, or quantised to fewer bytes. */
import * as t from 'io-ts'
import { finite } from '../../../io/codec.js'

/** How an array's bytes become float32. */
export interface NumberFormat {
  /** Bytes of one number. */
  readonly size: number
  readonly decode: (bytes: Uint8Array) => Float32Array
}

/** A copy of the bytes, which begins where views of wider numbers may. */
const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer

/** A number of 16 bits: a sign, five bits of exponent, ten of fraction. Source  IEEE 754-2008 */
const halfValue = (bits: number): number => {
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff]
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 0x1f
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return bits & 0x8000 ? -size : size
}

const float32: NumberFormat = { size: 4, decode: bytes => new Float32Array(bufferOf(bytes)) }

const float16: NumberFormat = {
  size: 2,
  decode: bytes => Float32Array.from(new Uint16Array(bufferOf(bytes)), halfValue),
}

const wholes = { uint8: Uint8Array, uint16: Uint16Array }

const affineCodec = t.type({ dtype: t.keyof({ uint8: null, uint16: null }), scale: finite, min: finite })

/** Whole numbers of an even grid. */
const affine = ({ dtype, scale, min }: t.TypeOf<typeof affineCodec>): NumberFormat => {
  const View = wholes[dtype]
  return {
    size: View.BYTES_PER_ELEMENT,
    decode: bytes => Float32Array.from(new View(bufferOf(bytes)), whole => whole * scale + min),
  }
}

/** Other types, which only weights have that nothing here reads, such as the steps of an optimizer. */
const otherSizes: Readonly<Record<string, number>> = { int32: 4, bool: 1, uint8: 1, complex64: 8 }

const float16Codec = t.type({ dtype: t.literal('float16') })

/** Bytes of one number of an array; undefined where its type has no fixed size. */
export const sizeOfNumber = (dtype: string, quantization: unknown): number | undefined =>
  formatOf(dtype, quantization)?.size ?? (quantization === undefined ? otherSizes[dtype] : undefined)

/** How numbers become float32; null where they do not. */
export const formatOf = (dtype: string, quantization: unknown): NumberFormat | null => {
  if (dtype !== 'float32') return null
  if (quantization === undefined) return float32
  if (float16Codec.is(quantization)) return float16
  return affineCodec.is(quantization) ? affine(quantization) : null
}
