/** Flattens a model: the layers of models inside it stand in their places, under prefixed names. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import type { ImportError, NotATreeReason } from '../../error.js'
import { notATree } from '../../tree/graph.js'
import { isCopyableClass } from '../import/words/index.js'
import type { Aliases } from './aliases.js'
import { type Call, callsOf, endsIn } from './calls.js'
import {
  type KerasNode,
  type KerasVersion,
  type LayerJson,
  type LayerPlace,
  layerCodec,
} from './layer-json.js'
import { idIn, idOf, type PlacedLayer, placeLayers } from './place.js'

/** A flattened model. */
export interface FlatModel {
  readonly name: string
  readonly nodes: readonly KerasNode[]
  readonly aliases: Aliases
  readonly start: string
  readonly end: string
  /** The options that may give the shape of its input, the likeliest first. */
  readonly inputs: readonly LayerJson[]
}

type Flattened = E.Either<ImportError | DecodeError, FlatModel>

const layers = t.readonlyArray(layerCodec, 'a list of layers')

const functionalConfig = t.intersection([
  t.type({ layers, input_layers: t.unknown, output_layers: t.unknown }),
  t.partial({ name: t.string }),
])

const sequentialConfig = t.union([
  layers,
  t.intersection([t.type({ layers }), t.partial({ name: t.string })]),
])

const models = { Model: null, Functional: null, Sequential: null }

const modelCodec = t.type({
  class_name: t.keyof(models, Object.keys(models).join(' or ')),
  config: t.unknown,
})

/** What a layer of the flattened model is called with, by unique names. */
const callIn = (model: LayerPlace, { from, numbers }: Call): Call => ({
  from: from.map(name => idIn(model, name)),
  numbers,
})

/** Operations of Keras 2 on tensors, by the layers that compute the same. */
const operations: Readonly<Record<string, string>> = {
  '__operators__.add': 'Add',
  'math.add': 'Add',
  'math.multiply': 'Multiply',
}

const classOf = ({ class_name, config }: LayerJson): string =>
  class_name === 'TFOpLambda' && typeof config.function === 'string'
    ? (operations[config.function] ?? config.function)
    : class_name

/** The part of a flattened model that a layer becomes. */
type Part = Pick<FlatModel, 'nodes' | 'aliases'>

type FoundPart = E.Either<ImportError | DecodeError, Part>

const join = (parts: readonly Part[]): Part => ({
  nodes: parts.flatMap(({ nodes }) => nodes),
  aliases: new Map(parts.flatMap(({ aliases }) => [...aliases])),
})

const leafOf = (version: KerasVersion, { layer, place }: PlacedLayer, { from, numbers }: Call): Part => {
  const className = classOf(layer)
  const isCopyable = isCopyableClass(className)
  const node = {
    name: idOf(place),
    className,
    config: layer.config,
    from,
    numbers,
    place,
    version,
    isCopyable,
  }
  return { nodes: [node], aliases: new Map() }
}

/** A model inside a model: its input stands for what it is called with, and its name for its output. */
const nestedOf = (version: KerasVersion, { layer, place }: PlacedLayer, { from }: Call): FoundPart => {
  const [input, ...others] = from
  if (input === undefined || others.length > 0) return E.left(notATree(idOf(place), 'not one input'))
  return pipe(
    flattenModel(version, place)(layer),
    E.map(({ nodes, aliases, start, end }) => ({
      nodes: nodes.filter(({ name }) => name !== start),
      aliases: new Map([...aliases, [start, input], [idOf(place), end]]),
    })),
  )
}

const partOf = (version: KerasVersion, placed: PlacedLayer, call: Call): FoundPart =>
  Object.hasOwn(models, placed.layer.class_name)
    ? nestedOf(version, placed, call)
    : E.right(leafOf(version, placed, call))

const noCall: Call = { from: [], numbers: [] }

/** The part of a layer that is called at most once. Errors  NotATree */
const calledOnce =
  (version: KerasVersion, model: LayerPlace) =>
  (placed: PlacedLayer): FoundPart =>
    pipe(
      callsOf(placed.layer),
      E.flatMap(([call = noCall, ...others]) =>
        others.length > 0
          ? E.left(notATree(idOf(placed.place), 'shared'))
          : partOf(version, placed, callIn(model, call)),
      ),
    )

/** The one layer that a model begins or ends with. */
const single =
  (model: LayerPlace, reason: NotATreeReason) =>
  (u: unknown): E.Either<ImportError, string> => {
    const [name, ...others] = endsIn(u) ?? []
    return name !== undefined && others.length === 0
      ? E.right(idIn(model, name))
      : E.left(notATree([name ?? '', ...others].join(), reason))
  }

const flattenFunctional = (version: KerasVersion, model: LayerPlace, config: unknown): Flattened =>
  pipe(
    E.Do,
    E.bindW('json', () => decode(functionalConfig)(config)),
    E.let('placed', ({ json }) => placeLayers(model, json.layers)),
    E.bindW('parts', ({ placed }) => E.traverseArray(calledOnce(version, model))(placed)),
    E.bindW('start', ({ json }) => single(model, 'not one input')(json.input_layers)),
    E.bindW('end', ({ json }) => single(model, 'not one output')(json.output_layers)),
    E.map(({ json, placed, parts, start, end }) => ({
      ...join(parts),
      name: json.name ?? '',
      start,
      end,
      inputs: placed.filter(({ place }) => idOf(place) === start).map(({ layer }) => layer),
    })),
  )

/** The input layer of a sequential model that has none; no layer can have this name. */
const implicitInput: LayerJson = { class_name: 'InputLayer', name: '', config: {} }

const withInput = (model: LayerPlace, chain: readonly PlacedLayer[]): readonly PlacedLayer[] =>
  chain[0]?.layer.class_name === 'InputLayer' ? chain : [...placeLayers(model, [implicitInput]), ...chain]

/** Layers one after another, each called with the one before. */
const chainOf = (version: KerasVersion, chain: readonly PlacedLayer[]): FoundPart => {
  const before = (nth: number) => chain.slice(Math.max(0, nth - 1), nth)
  return pipe(
    chain.map((placed, nth) =>
      partOf(version, placed, { from: before(nth).map(({ place }) => idOf(place)), numbers: [] }),
    ),
    E.sequenceArray,
    E.map(join),
  )
}

const flattenSequential = (version: KerasVersion, model: LayerPlace, config: unknown): Flattened =>
  pipe(
    decode(sequentialConfig)(config),
    E.map(json => ('layers' in json ? json : { layers: json })),
    E.flatMap(({ layers, ...options }) => {
      const chain = withInput(model, placeLayers(model, layers))
      return pipe(
        chainOf(version, chain),
        E.map(part => ({
          ...part,
          name: 'name' in options ? (options.name ?? '') : '',
          start: idOf(chain[0]?.place ?? model),
          end: idOf(chain.at(-1)?.place ?? model),
          inputs: [...layers.slice(0, 1), { class_name: 'Sequential', config: options }],
        })),
      )
    }),
  )

/**
 * The layers of a model and of all models inside it.
 *
 * Errors  DecodeError; NotATree where a layer is shared, or a model has not exactly one input and one output
 */
export const flattenModel =
  (version: KerasVersion, model: LayerPlace) =>
  (json: unknown): Flattened =>
    pipe(
      decode(modelCodec)(json),
      E.flatMap(({ class_name, config }) =>
        class_name === 'Sequential'
          ? flattenSequential(version, model, config)
          : flattenFunctional(version, model, config),
      ),
    )
