/** Finds slices and shuffles of channels that are written as reshapes, and makes each one layer. */
import * as t from 'io-ts'
import type { Shape } from '../../../net/shape.js'
import { channelsOf, isSameShape, sizeOf } from '../../../net/shape.js'
import type { KerasGraph, KerasNode } from './layer-json.js'

/** The classes of such layers; Keras has none of these names. */
export const channelClasses = { slice: 'ChannelSlice', shuffle: 'ChannelShuffle' } as const

const reshaping = t.type({ target_shape: t.readonlyArray(t.Int) })
const permuting = t.type({ dims: t.readonlyArray(t.Int) })
const pair = t.tuple([t.Int, t.Int])
const cropping = t.type({ cropping: t.tuple([pair, pair]), data_format: t.literal('channels_last') })

/** A channel layer, with the shape that its reshapes are for. */
interface Found {
  readonly className: string
  readonly config: { readonly input: Shape } & Readonly<Record<string, unknown>>
}

/** Shapes  [h, w, c] → [h·w, c, 1] → [h·w, size, 1] → [h, w, size] */
const sliceOf = (before: KerasNode, middle: KerasNode, output: Shape): Found | null => {
  if (middle.className !== 'Cropping2D' || !cropping.is(middle.config) || !reshaping.is(before.config))
    return null
  const [rows, [from, end]] = middle.config.cropping
  const [pixels = 0, channels = 0, depth] = before.config.target_shape
  const [sides, size] = [output.slice(0, -1), channelsOf(output)]
  const isSlice =
    before.config.target_shape.length === 3 &&
    depth === 1 &&
    isSameShape(rows, [0, 0]) &&
    sizeOf(sides) === pixels &&
    from + size + end === channels
  return isSlice
    ? { className: channelClasses.slice, config: { from, size, input: [...sides, channels] } }
    : null
}

/** Shapes  [h, w, c] → [h, w, groups, c/groups] → [h, w, c/groups, groups] → [h, w, c] */
const shuffleOf = (before: KerasNode, middle: KerasNode, output: Shape): Found | null => {
  if (middle.className !== 'Permute' || !permuting.is(middle.config) || !reshaping.is(before.config))
    return null
  const sides = output.slice(0, -1)
  const [groups = 0, places = 0] = before.config.target_shape.slice(-2)
  const order = [...sides.map((_, axis) => axis + 1), sides.length + 2, sides.length + 1]
  const isShuffle =
    isSameShape(before.config.target_shape, [...sides, groups, places]) &&
    isSameShape(middle.config.dims, order) &&
    groups * places === channelsOf(output)
  return isShuffle ? { className: channelClasses.shuffle, config: { groups, input: output } } : null
}

const fuse = (graph: KerasGraph, node: KerasNode): KerasNode => {
  const before = ({ from }: KerasNode): KerasNode | undefined =>
    from.length === 1 ? graph.nodes.get(from[0] ?? '') : undefined
  const middle = before(node)
  const first = middle && before(middle)
  if (node.className !== 'Reshape' || first?.className !== 'Reshape' || !reshaping.is(node.config))
    return node
  const output = node.config.target_shape
  const found = middle && (sliceOf(first, middle, output) ?? shuffleOf(first, middle, output))
  return found ? { ...node, ...found, from: first.from } : node
}

/** A graph whose slices and shuffles of channels are single layers. */
export const fuseChannelLayers = (graph: KerasGraph): KerasGraph => ({
  ...graph,
  nodes: new Map([...graph.nodes].map(([name, node]) => [name, fuse(graph, node)])),
})
