/** Reads a LayersModel's topology as a graph of named layers; a sequential model is a chain. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import type { Shape } from '../../../net/shape.js'
import type { ImportError, NotATreeReason } from '../../error.js'
import type { LayerGraph, LayerNode } from '../../tree/graph.js'
import { isCopyableClass, supported } from './words.js'

/** A layer. Its config is not checked yet. */
export interface KerasNode extends LayerNode {
  readonly config: unknown
}

export type KerasGraph = LayerGraph<KerasNode>

/** `[layer, call, 0, …]`: the only output of a layer. A layer with several calls is refused elsewhere. */
const connection = new t.Type<string, unknown>(
  '[layer, call, 0]',
  (u): u is string => typeof u === 'string',
  (u, context) =>
    Array.isArray(u) && typeof u[0] === 'string' && Number.isInteger(u[1]) && u[2] === 0
      ? t.success(u[0])
      : t.failure(u, context),
  t.identity,
)

const connections = t.readonlyArray(connection, '[[layer, 0, 0]]')

const layerCodec = t.intersection(
  [
    t.type({ class_name: t.string, config: t.UnknownRecord }),
    t.partial({ name: t.string, inbound_nodes: t.unknown }),
  ],
  'a layer with class_name and config',
)

type LayerJson = t.TypeOf<typeof layerCodec>

const layers = t.readonlyArray(layerCodec, 'a list of layers')

const functionalConfig = t.intersection([
  t.type({ layers, input_layers: t.unknown, output_layers: t.unknown }),
  t.partial({ name: t.string }),
])

const ends = t.type({ input_layers: connections, output_layers: connections })

const sequentialConfig = t.union([
  layers,
  t.intersection([t.type({ layers }), t.partial({ name: t.string })]),
])

const models = { Model: null, Functional: null, Sequential: null }

const modelCodec = t.type({
  class_name: t.keyof(models, Object.keys(models).join(' or ')),
  config: t.unknown,
})

const inputShape = new t.Type<Shape, unknown>(
  '[null, height, width, channels]',
  (u): u is Shape => Array.isArray(u),
  (u, context) =>
    Array.isArray(u) && u.length > 1 && u[0] === null && u.slice(1).every(Number.isInteger)
      ? t.success(u.slice(1))
      : t.failure(u, context),
  t.identity,
)

const tangled = (at: string, reason: NotATreeReason): ImportError => ({ _tag: 'NotATree', at, reason })

const nameOf = ({ name, config }: LayerJson): string =>
  name ?? (typeof config.name === 'string' ? config.name : '')

/** The error of a layer with a bad option. */
const layerDiffers =
  (layer: LayerJson, option: string) =>
  (fault: DecodeError): ImportError => ({
    _tag: 'LayerDiffers',
    at: nameOf(layer),
    className: layer.class_name,
    fault: { ...fault, at: option },
  })

const inputShapeOf = (layer: LayerJson | undefined): E.Either<ImportError, Shape> => {
  if (layer === undefined) return E.left(tangled('', 'no layers'))
  const option = 'batch_shape' in layer.config ? 'batch_shape' : 'batch_input_shape'
  return pipe(decode(inputShape)(layer.config[option]), E.mapLeft(layerDiffers(layer, option)))
}

const single =
  (reason: NotATreeReason) =>
  (names: readonly string[]): E.Either<ImportError, string> =>
    names.length === 1 && names[0] !== undefined ? E.right(names[0]) : E.left(tangled(names.join(), reason))

const calls = t.readonlyArray(connections, '[[[layer, 0, 0, {}], …]]')

/** Keras 3 writes a call with its arguments. */
const keras3 = t.readonlyArray(t.type({ args: t.unknown }))

const callsOf = (layer: LayerJson): E.Either<ImportError, t.TypeOf<typeof calls>> =>
  pipe(
    decode(calls)(layer.inbound_nodes ?? []),
    E.mapLeft(fault =>
      layerDiffers(
        layer,
        'inbound_nodes',
      )({
        ...fault,
        expected: calls.name,
        got: keras3.is(layer.inbound_nodes) ? '[{ args, kwargs }], as Keras 3 writes it' : fault.got,
      }),
    ),
  )

/** Refuses a model as a layer. */
const refuseNested = (layer: LayerJson): E.Either<ImportError, LayerJson> =>
  Object.hasOwn(models, layer.class_name)
    ? E.left({ _tag: 'UnknownLayer', at: nameOf(layer), className: layer.class_name, supported })
    : E.right(layer)

const kerasNode = (
  name: string,
  { class_name: className, config }: LayerJson,
  from: readonly string[],
): KerasNode => ({ name, className, config, from, isCopyable: isCopyableClass(className) })

const nodeOf = (layer: LayerJson): E.Either<ImportError, KerasNode> => {
  const name = nameOf(layer)
  return pipe(
    refuseNested(layer),
    E.flatMap(callsOf),
    E.flatMap(calls =>
      calls.length > 1 ? E.left(tangled(name, 'shared')) : E.right(kerasNode(name, layer, calls[0] ?? [])),
    ),
  )
}

type Parsed = E.Either<ImportError | DecodeError, KerasGraph>

const byName = (nodes: readonly KerasNode[]) => new Map(nodes.map(node => [node.name, node]))

const functionalGraph = (config: unknown): Parsed =>
  pipe(
    decode(functionalConfig)(config),
    E.flatMap(({ name = '', layers, ...config }) =>
      pipe(
        E.Do,
        E.bindW('nodes', () => E.traverseArray(nodeOf)(layers)),
        E.bindW('ends', () => decode(ends)(config)),
        E.bindW('start', ({ ends }) => single('not one input')(ends.input_layers)),
        E.bindW('end', ({ ends }) => single('not one output')(ends.output_layers)),
        E.bindW('input', ({ start }) => inputShapeOf(layers.find(layer => nameOf(layer) === start))),
        E.map(({ start, end, nodes, input }) => ({ name, input, nodes: byName(nodes), start, end })),
      ),
    ),
  )

/** The input layer of a sequential model that has none; no layer can have this name. */
const implicitInput: KerasNode = kerasNode('', { class_name: 'InputLayer', config: {} }, [])

const chainLayers = (layers: readonly LayerJson[]): readonly KerasNode[] => {
  const nodes = layers.map(layer => kerasNode(nameOf(layer), layer, []))
  const [first] = nodes
  const linked = nodes.map((node, nth) => ({ ...node, from: [nodes[nth - 1]?.name ?? implicitInput.name] }))
  return first?.className === 'InputLayer'
    ? [{ ...first, from: [] }, ...linked.slice(1)]
    : [implicitInput, ...linked]
}

const sequentialGraph = (config: unknown): Parsed =>
  pipe(
    decode(sequentialConfig)(config),
    E.map((found): { readonly name?: string; readonly layers: readonly LayerJson[] } =>
      'layers' in found ? found : { layers: found },
    ),
    E.flatMap(({ name = '', layers }) => {
      const nodes = chainLayers(layers)
      return pipe(
        E.traverseArray(refuseNested)(layers),
        E.flatMap(() => inputShapeOf(layers[0])),
        E.map(input => ({
          name,
          input,
          nodes: byName(nodes),
          start: nodes[0]?.name ?? '',
          end: nodes.at(-1)?.name ?? '',
        })),
      )
    }),
  )

/**
 * The graph of a model's topology.
 *
 * Errors  DecodeError; NotATree where a layer is shared, or without exactly one input and one output; LayerDiffers where the
 *         input's shape or a layer's inputs are malformed; UnknownLayer for a model as a layer
 */
export const graphOf = (topology: unknown): Parsed =>
  pipe(
    decode(modelCodec)(topology),
    E.flatMap(({ class_name, config }) =>
      class_name === 'Sequential' ? sequentialGraph(config) : functionalGraph(config),
    ),
  )
