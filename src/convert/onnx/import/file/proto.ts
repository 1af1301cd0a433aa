/** Decodes an ONNX file into plain records. What they say is not checked here. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DecodeError } from '../../../../io/codec.js'
import { messageOf } from '../../../../io/exception.js'
import type { OpsetDiffers } from '../../../error.js'
import { decodeMessage } from '../../schema.js'

export interface Property {
  readonly key: string
  readonly value: string
}

export interface TensorProto {
  readonly name: string
  readonly dims: readonly number[]
  readonly dataType: number
  readonly rawData: Uint8Array
  readonly floatData: readonly number[]
  readonly int32Data: readonly number[]
  readonly int64Data: readonly number[]
  readonly doubleData: readonly number[]
  readonly externalData: readonly Property[]
  readonly dataLocation: number
}

export interface AttributeProto {
  readonly name: string
  readonly f: number
  readonly i: number
  readonly s: Uint8Array
  readonly t: TensorProto | null
  readonly floats: readonly number[]
  readonly ints: readonly number[]
}

export interface NodeProto {
  readonly name: string
  readonly opType: string
  readonly domain: string
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly attribute: readonly AttributeProto[]
  readonly metadataProps: readonly Property[]
}

export interface PortProto {
  readonly name: string
  readonly type: {
    readonly tensorType: {
      readonly elemType: number
      readonly shape: {
        readonly dim: readonly { readonly dimValue: number; readonly dimParam: string }[]
      } | null
    } | null
  } | null
}

export interface GraphProto {
  readonly name: string
  readonly node: readonly NodeProto[]
  readonly initializer: readonly TensorProto[]
  readonly input: readonly PortProto[]
  readonly output: readonly PortProto[]
}

export interface ModelProto {
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[]
  readonly graph: GraphProto | null
  readonly metadataProps: readonly Property[]
}

/** A model that has a graph, and the version of the operators in it. */
export interface OnnxFile {
  readonly opset: number
  readonly graph: GraphProto
  readonly metadata: Readonly<Record<string, string>>
}

/** From 23 to 28, the operators that are read gained number types alone, and options for those. */
const [leastOpset, mostOpset] = [11, 28]

const decodeError = (at: string, expected: string, got: string): E.Either<DecodeError, never> =>
  E.left({ _tag: 'DecodeError', at, expected, got })

/** ONNX's own operators have the domain '', or by its old name 'ai.onnx'. */
export const isOwnDomain = (domain: string): boolean => domain === '' || domain === 'ai.onnx'

const opsetOf = ({ opsetImport }: ModelProto): E.Either<OpsetDiffers, number> => {
  const version = opsetImport.find(({ domain }) => isOwnDomain(domain))?.version
  return version !== undefined && version >= leastOpset && version <= mostOpset
    ? E.right(version)
    : E.left({ _tag: 'OpsetDiffers', least: leastOpset, most: mostOpset, got: version ?? null })
}

const protoOf = (bytes: Uint8Array): E.Either<DecodeError, ModelProto> =>
  pipe(
    E.tryCatch(
      () => decodeMessage(bytes) as unknown as ModelProto, // the schema has these fields, and gives each its default
      messageOf,
    ),
    E.orElse(
      (reason): E.Either<DecodeError, ModelProto> =>
        decodeError('protobuf', 'a whole ONNX model', `cut off or damaged (${reason})`),
    ),
  )

/** Errors  DecodeError where the bytes are no ONNX model; OpsetDiffers where its operators are too old or too new */
export const decodeOnnx = (bytes: Uint8Array): E.Either<DecodeError | OpsetDiffers, OnnxFile> =>
  pipe(
    protoOf(bytes),
    E.bindTo('model'),
    E.bindW('opset', ({ model }) => opsetOf(model)),
    E.flatMap(({ model, opset }) =>
      model.graph === null
        ? decodeError('graph', 'a graph', 'none')
        : E.right({
            opset,
            graph: model.graph,
            metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
          }),
    ),
  )
