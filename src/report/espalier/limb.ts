/** Three nets as one tree: as it was first, before anything was cut, and as it is now. */

import type { CheckedNet } from '../../net/infer.js'
import { childrenOf } from '../../net/interpret.js'
import { childPath, type Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer } from '../../net/tree.js'

/** The states of a net that a picture shows. */
export interface States {
  readonly first: CheckedNet
  readonly before: CheckedNet
  readonly now: CheckedNet
}

/** Channels a layer gives in each state, 0 where it is absent. */
export type Channels = { readonly [S in keyof States]: number }

/** A layer that is in any of the states. */
export interface Limb {
  readonly path: Path
  readonly layer: Layer
  readonly channels: Channels
  readonly children: readonly Limb[]
}

const layerIn = ({ layers }: CheckedNet, path: Path): Layer | null => layers.get(path)?.layer ?? null

const channelsIn = ({ layers }: CheckedNet, path: Path): number => channelsOf(layers.get(path)?.output ?? [0])

/** Names in the order of the first list, each other one behind the name it follows in its own. */
const mergeNames = (names: readonly string[], others: readonly string[]): readonly string[] =>
  others.reduce<readonly string[]>((merged, name, nth) => {
    if (merged.includes(name)) return merged
    const after = merged.indexOf(others[nth - 1] ?? '') + 1
    return [...merged.slice(0, after), name, ...merged.slice(after)]
  }, names)

const namesIn = (net: CheckedNet, path: Path): readonly string[] => {
  const layer = layerIn(net, path)
  return layer === null ? [] : childrenOf(layer).map(({ name }) => name)
}

/** The layer at a path, and all below it, in any of the states. */
export const mergeStates = (states: States, path: Path = ''): Limb | null => {
  const { first, before, now } = states
  const layer = layerIn(before, path) ?? layerIn(now, path) ?? layerIn(first, path)
  if (layer === null) return null
  const names = [before, now, first].map(net => namesIn(net, path)).reduce(mergeNames)
  return {
    path,
    layer,
    channels: {
      first: channelsIn(first, path),
      before: channelsIn(before, path),
      now: channelsIn(now, path),
    },
    children: names.flatMap(name => mergeStates(states, childPath(path, name)) ?? []),
  }
}

const isUnit = ({ _tag }: Layer): boolean => _tag === 'conv' || _tag === 'dense' || _tag === 'depthwise'

/** The layers that make channels, or filter each, in the order of computation. */
export const unitsIn = (limb: Limb): readonly Limb[] =>
  isUnit(limb.layer) ? [limb] : limb.children.flatMap(unitsIn)

/** The most channels the layer ever had. */
export const widest = ({ channels: { before, now } }: Limb): number => Math.max(before, now)

/** Whether it was not there at first. */
export const isGrown = ({ channels: { first } }: Limb): boolean => first === 0

/** Whether it is no longer there. */
export const isCut = ({ channels: { now } }: Limb): boolean => now === 0
