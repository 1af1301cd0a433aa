/** The input of an ONNX graph: its sizes, and whether it has channels first or last. */
import * as E from 'fp-ts/lib/Either.js'
import { mostChannels, mostValues } from '../../../net/limits/limits.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import { notATree } from '../../tree/graph.js'
import type { GraphProto, NodeProto, PortProto } from './file/proto.js'
import { isFloatType, typeName } from './file/tensor.js'
import { channelsFirst, type View, viewOf } from './view.js'

export interface Images {
  readonly name: string
  readonly batch: number
  /** [height, width, channels] */
  readonly shape: Shape
  readonly view: View
}

const differs = (name: string, at: string, expected: string, got: string): E.Either<ImportError, never> =>
  E.left({ _tag: 'TensorDiffers', name, fault: { _tag: 'DecodeError', at, expected, got } })

/** Operators that tell which axis has the channels, and those that do not change it. */
const isPlain = ({ opType }: NodeProto): boolean =>
  ['Identity', 'Cast', 'Add', 'Sub', 'Mul', 'Div'].includes(opType)

/** The first node behind a tensor that is not value by value. */
const firstReader = (nodes: readonly NodeProto[], tensor: string, steps = 16): NodeProto | undefined => {
  const reader = nodes.find(({ input }) => input.includes(tensor))
  return reader !== undefined && isPlain(reader) && steps > 0
    ? firstReader(nodes, reader.output[0] ?? '', steps - 1)
    : reader
}

const channelCounts = [1, 3, 4]

/** Whether channels are last: they are transposed to the front, or only the last size is one that images have. */
const isChannelsLast = ({ node }: GraphProto, name: string, dims: readonly number[]): boolean => {
  const reader = firstReader(node, name)
  const order = reader?.attribute.find(attribute => attribute.name === 'perm')?.ints
  if (reader?.opType === 'Transpose') return `${order}` === '0,3,1,2'
  return channelCounts.includes(dims[3] ?? 0) && !channelCounts.includes(dims[1] ?? 0)
}

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size > 0

const imagesOf = (graph: GraphProto, { name, type }: PortProto): E.Either<ImportError, Images> => {
  const dim = type?.tensorType?.shape?.dim ?? []
  const text = dim.map(({ dimValue, dimParam }) => dimParam || `${dimValue || '?'}`).join(' × ')
  const [batch = 0, ...sizes] = dim.map(({ dimValue }) => dimValue)
  if (!isFloatType(type?.tensorType?.elemType ?? 0))
    return differs(name, 'type', 'floating-point numbers', typeName(type?.tensorType?.elemType ?? 0))
  if (dim.length !== 4) return differs(name, 'shape', '[n, channels, height, width]', text || 'none')
  if (!sizes.every(isSize))
    return differs(name, 'shape', 'images of one size: a fixed height, width and number of channels', text)
  if (sizeOf(sizes) > mostValues || batch > mostValues || Math.max(...sizes) > mostChannels)
    return differs(name, 'shape', `at most ${mostValues.toLocaleString('en')} values`, text)
  const [first = 1, second = 1, third = 1] = sizes
  const isLast = isChannelsLast(graph, name, [batch, ...sizes])
  const shape = isLast ? [first, second, third] : [second, third, first]
  const n = isSize(batch) ? batch : 1
  return E.right({
    name,
    batch: n,
    shape,
    view: isLast ? viewOf(n, shape, [0, 1, 2]) : channelsFirst(n, shape),
  })
}

/** The one input that is no initializer. Errors  NotATree where there is not one; TensorDiffers */
export const imagesIn = (graph: GraphProto): E.Either<ImportError, Images> => {
  const initializers = new Set(graph.initializer.map(({ name }) => name))
  const [input, ...others] = graph.input.filter(({ name }) => !initializers.has(name))
  return input === undefined || others.length > 0
    ? E.left(notATree([input, ...others].map(each => each?.name ?? '').join(', '), 'not one input'))
    : imagesOf(graph, input)
}
