/** A LayersModel's topology as a graph of named layers: functional models as they are, sequential ones as a chain. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decode, type Misread } from '../../net/closed.js'
import type { Shape } from '../../net/shape.js'
import type { ImportError, Tangle } from '../error.js'

/** A layer and the layers whose outputs it takes. Its config is not known to be good yet. */
export interface KerasNode {
  readonly name: string
  readonly className: string
  readonly config: unknown
  readonly from: readonly string[]
}

export interface KerasGraph {
  readonly name: string
  readonly input: Shape
  readonly nodes: ReadonlyMap<string, KerasNode>
  /** The layer that is fed, and the one whose output is the model's. */
  readonly start: string
  readonly end: string
}

/** `[layer, call, 0, …]`: the one output of a layer. A layer called more than once is refused as such. */
const connection = new t.Type<string, unknown>(
  '[layer, call, 0]',
  (u): u is string => typeof u === 'string',
  (u, context) =>
    Array.isArray(u) && typeof u[0] === 'string' && Number.isInteger(u[1]) && u[2] === 0
      ? t.success(u[0])
      : t.failure(u, context),
  t.identity,
)

const connections = t.readonlyArray(connection)

const layerCodec = t.intersection([
  t.type({ class_name: t.string, config: t.UnknownRecord }),
  t.partial({ name: t.string, inbound_nodes: t.readonlyArray(connections) }),
])

type LayerJson = t.TypeOf<typeof layerCodec>

const layers = t.readonlyArray(layerCodec)

const functional = t.intersection([
  t.type({ layers, input_layers: connections, output_layers: connections }),
  t.partial({ name: t.string }),
])

const sequential = t.union([layers, t.intersection([t.type({ layers }), t.partial({ name: t.string })])])

const classed = t.type({ class_name: t.string, config: t.unknown })

const sizes = new t.Type<Shape, unknown>(
  '[null, …sizes]',
  (u): u is Shape => Array.isArray(u),
  (u, context) =>
    Array.isArray(u) && u.length > 1 && u[0] === null && u.slice(1).every(Number.isInteger)
      ? t.success(u.slice(1))
      : t.failure(u, context),
  t.identity,
)

const tangled = (at: string, reason: Tangle): ImportError => ({ _tag: 'NotATree', at, reason })

const nameOf = ({ name, config }: LayerJson): string =>
  name ?? (typeof config.name === 'string' ? config.name : '')

const sizesOf = (layer: LayerJson | undefined): E.Either<Misread, Shape> =>
  decode(sizes)(layer?.config.batch_input_shape ?? layer?.config.batch_shape)

const only =
  (reason: Tangle) =>
  (names: readonly string[]): E.Either<ImportError, string> =>
    names.length === 1 && names[0] !== undefined ? E.right(names[0]) : E.left(tangled(names.join(), reason))

const nodeOf = (layer: LayerJson): E.Either<ImportError, KerasNode> => {
  const name = nameOf(layer)
  const calls = layer.inbound_nodes ?? []
  return calls.length > 1
    ? E.left(tangled(name, 'shared'))
    : E.right({ name, className: layer.class_name, config: layer.config, from: calls[0] ?? [] })
}

type Faulty = E.Either<ImportError | Misread, KerasGraph>

const byName = (nodes: readonly KerasNode[]) => new Map(nodes.map(node => [node.name, node]))

const functionalGraph = (config: unknown): Faulty =>
  pipe(
    decode(functional)(config),
    E.flatMap(({ name = '', layers, input_layers, output_layers }) =>
      pipe(
        E.Do,
        E.bindW('start', () => only('not one input')(input_layers)),
        E.bindW('end', () => only('not one output')(output_layers)),
        E.bindW('nodes', () => E.traverseArray(nodeOf)(layers)),
        E.bindW('input', ({ start }) => sizesOf(layers.find(layer => nameOf(layer) === start))),
        E.map(({ start, end, nodes, input }) => ({ name, input, nodes: byName(nodes), start, end })),
      ),
    ),
  )

/** What a chain that begins with no input layer begins with; no layer can have this name. */
const fed: KerasNode = { name: '', className: 'InputLayer', config: {}, from: [] }

const chained = (layers: readonly LayerJson[]): readonly KerasNode[] => {
  const nodes = layers.map(layer => ({
    name: nameOf(layer),
    className: layer.class_name,
    config: layer.config,
  }))
  const [first] = nodes
  const linked = nodes.map((node, nth) => ({ ...node, from: [nodes[nth - 1]?.name ?? fed.name] }))
  return first?.className === 'InputLayer' ? [{ ...first, from: [] }, ...linked.slice(1)] : [fed, ...linked]
}

const sequentialGraph = (config: unknown): Faulty =>
  pipe(
    decode(sequential)(config),
    E.map((found): { readonly name?: string; readonly layers: readonly LayerJson[] } =>
      'layers' in found ? found : { layers: found },
    ),
    E.flatMap(({ name = '', layers }) => {
      const nodes = chained(layers)
      return pipe(
        sizesOf(layers[0]),
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
 * The graph in a model's topology.
 *
 * Errors  Misread; NotATree where a layer is shared or there is not one input and one output; UnknownLayer when the
 *         whole is no model
 */
export const graphOf = (topology: unknown): Faulty =>
  pipe(
    decode(classed)(topology),
    E.flatMap(({ class_name, config }): Faulty => {
      switch (class_name) {
        case 'Model':
        case 'Functional':
          return functionalGraph(config)
        case 'Sequential':
          return sequentialGraph(config)
        default:
          return E.left({ _tag: 'UnknownLayer', at: '', className: class_name })
      }
    }),
  )
