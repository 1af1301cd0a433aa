/** A series under assembly: a leaf joins the unit before it, and zeros become the padding of the layer behind them. */
import type { Layer } from '../../net/tree.js'
import { fuseInto } from './fuse.js'
import type { LayerNode } from './graph.js'
import type { Names } from './names.js'
import { padSubtree, takePadding } from './padding.js'
import type { LeafPart, PadPart, Source, Sources } from './part.js'
import type { Origin, Subtree } from './subtree.js'

/** The subtrees so far, in a list that grows in place, and zeros that the next layer may take as its padding. */
export interface Assembly {
  readonly subtrees: Subtree[]
  readonly pad: Subtree | null
}

const withNodeName = ({ name }: LayerNode, sources: Sources): Sources =>
  Object.fromEntries(
    Object.entries(sources).map(([slot, source]: [string, Source]) => [
      slot,
      source._tag === 'stored' ? { ...source, name: `${name}/${source.name}` } : source,
    ]),
  )

const originOf = (node: LayerNode, { layer, sources, axis, input }: LeafPart): Origin => ({
  sources: withNodeName(node, sources),
  axes: layer._tag === 'norm' || layer._tag === 'layerNorm' ? [axis] : [],
  className: node.className,
  ...(input !== undefined && { input }),
})

const mergeOrigins = (a: Origin, b: Origin): Origin => ({
  sources: { ...a.sources, ...b.sources },
  axes: [...a.axes, ...b.axes],
  className: a.className,
})

/** The subtree with the leaf in its unit; null where the two are not one unit. */
const fuseSubtree = (before: Subtree, { layer }: LeafPart, origin: Origin): Subtree | null => {
  const fused = fuseInto(before.layer, layer)
  if (fused === null) return null
  const whole = mergeOrigins(before.origins.get('') ?? { ...origin, sources: {}, axes: [] }, origin)
  return { ...before, layer: fused, origins: new Map(before.origins).set('', whole) }
}

/** The subtrees, with zeros that no layer took as a layer of their own. */
export const appendPad = ({ subtrees, pad }: Assembly): Subtree[] => {
  if (pad !== null) subtrees.push(pad)
  return subtrees
}

/** Puts a subtree at the end. */
export const append = (subtrees: Subtree[], subtree: Subtree): Assembly => {
  subtrees.push(subtree)
  return { subtrees, pad: null }
}

/** Puts a leaf into the last subtree, where the two are one unit, else at the end. */
const fuseOrAppend = (subtrees: Subtree[], part: LeafPart, origin: Origin, leaf: Subtree): Assembly => {
  const before = subtrees.at(-1)
  const fused = before === undefined ? null : fuseSubtree(before, part, origin)
  if (fused === null) return append(subtrees, leaf)
  subtrees.splice(-1, 1, fused)
  return { subtrees, pad: null }
}

const padLayer = ({ subtrees, pad }: Assembly, layer: Layer): Layer | null =>
  pad === null ? null : takePadding(layer, pad.layer, subtrees.at(-1)?.layer)

export const addLeaf = (assembly: Assembly, names: Names, node: LayerNode, part: LeafPart): Assembly => {
  const origin = originOf(node, part)
  const leaf: Subtree = { names, layer: part.layer, origins: new Map([['', origin]]) }
  const padded = padLayer(assembly, part.layer)
  return padded === null
    ? fuseOrAppend(appendPad(assembly), part, origin, leaf)
    : append(assembly.subtrees, { ...leaf, layer: padded })
}

export const addPad = (assembly: Assembly, names: Names, node: LayerNode, part: PadPart): Assembly => ({
  subtrees: appendPad(assembly),
  pad: padSubtree(names, node, part),
})
