/** Tells maps from vectors, and from maps of 1×1, which stand for vectors in squeezes and classifiers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { rankOf } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import type { LayerGraph } from '../../tree/graph.js'
import { topologicalOrder } from '../../tree/series.js'
import type { KerasGraph, KerasNode } from './layer-json.js'

/** A point is a map of 1×1. */
export type KerasRank = 'map' | 'point' | 'vector'

/** A layer that knows the rank of its first input. */
export interface RankedNode extends KerasNode {
  readonly rank: KerasRank
}

const keepingDims = t.type({ keepdims: t.literal(true) })
const reshaping = t.type({ target_shape: t.readonlyArray(t.number) })

const isPoint = (shape: readonly number[]): boolean => shape.length === 3 && shape[0] === 1 && shape[1] === 1

const rankAfter = ({ className, config }: KerasNode, inputs: readonly KerasRank[]): KerasRank => {
  switch (className) {
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
      return keepingDims.is(config) ? 'point' : 'vector'
    case 'Flatten':
      return 'vector'
    case 'Reshape': {
      const target = reshaping.is(config) ? config.target_shape : []
      return target.length === 1 ? 'vector' : isPoint(target) ? 'point' : 'map'
    }
    default:
      return inputs.includes('map') ? 'map' : (inputs[0] ?? 'map')
  }
}

/** The layers that lead to the output, with their ranks. Errors  NotATree for a cycle, or several inputs */
export const rankNodes = (graph: KerasGraph): E.Either<ImportError, LayerGraph<RankedNode>> =>
  pipe(
    topologicalOrder(graph),
    E.map(order => {
      const after = new Map<string, KerasRank>()
      const ranked = order.map((node): readonly [string, RankedNode] => {
        const inputs = node.from.map(name => after.get(name) ?? 'map')
        after.set(node.name, node.from.length === 0 ? rankOf(graph.input) : rankAfter(node, inputs))
        return [node.name, { ...node, rank: inputs[0] ?? rankOf(graph.input) }]
      })
      return { ...graph, nodes: new Map(ranked) }
    }),
  )
