/** A served model as an ONNX graph: images with channels last, transposed once to channels first. */
import type { Value } from '../../../graph/graph.js'
import { openBatch, type ServedModel } from '../../served-model.js'
import { emit } from './emit.js'
import type { OnnxGraph, Ref } from './node.js'
import type { Operand } from './operand.js'
import { writer } from './writer.js'

/** A graph, and by the name of a tensor the value it has. */
export interface Emitted {
  readonly graph: OnnxGraph
  readonly tensors: ReadonlyMap<Ref, Value>
}

export const emitServed = (name: string, served: ServedModel): Emitted => {
  const { images, outputs, values, weights, layerOf } = served
  const write = writer(['images', ...Object.keys(outputs)])
  const operands = emit(write, { weights, layerOf })(values)
  const refOf = (value: Value): Ref => (operands.get(value) as Operand).ref() // every value was emitted
  const ends = Object.entries(outputs).map(([end, value]) => ({
    end,
    ref: refOf(value),
    shape: openBatch(value.shape),
  }))
  return {
    graph: {
      name,
      nodes: [
        ...write.nodes(),
        ...ends.map(({ end, ref }) => ({ name: end, op: 'Identity', inputs: [ref], attrs: {} })),
      ],
      constants: write.constants(),
      inputs: [{ name: 'images', shape: openBatch(images.shape) }],
      outputs: ends.map(({ end, shape }) => ({ name: end, shape })),
    },
    tensors: new Map(
      values.filter(({ op }) => op.kind !== 'weight').map(value => [refOf(value), value] as const),
    ),
  }
}
