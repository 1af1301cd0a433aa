/** Drops layers that compute something while training alone. */
import type { LayerDropped } from '../../error.js'
import { resolveAliases } from './aliases.js'
import type { KerasGraph, KerasNode } from './layer-json.js'

/** Noise, and dropout of other forms than the net's own. */
const noise = new Set([
  'ActivityRegularization',
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'SpatialDropout2D',
])

/** Random changes of images; a random crop is none, since it crops the centre at inference. */
const augmentations = /^(Random(?!Crop)\w+|RandAugment|AugMix|MixUp|CutMix)$/

const isTrainingOnly = ({ className }: KerasNode): boolean =>
  noise.has(className) || augmentations.test(className)

/** A graph without layers that only training runs, and which they were. */
export const dropTrainingOnly = (
  graph: KerasGraph,
): { readonly graph: KerasGraph; readonly dropped: readonly LayerDropped[] } => {
  const found = [...graph.nodes.values()].filter(node => isTrainingOnly(node) && node.from.length === 1)
  const aliases = new Map(found.flatMap(({ name, from: [input = name] }) => [[name, input] as const]))
  return {
    graph: resolveAliases(aliases)(graph),
    dropped: found.map(({ name, className }) => ({
      _tag: 'LayerDropped',
      at: name,
      className,
      why: 'training',
    })),
  }
}
