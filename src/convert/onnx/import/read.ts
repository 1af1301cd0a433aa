/** Imports an ONNX file: its graph becomes a net and its weights. */
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBytes } from '../../../io/files.js'
import { findNonFinite } from '../../../io/tensor.js'
import { infer } from '../../../net/infer.js'
import { isSameShape } from '../../../net/shape.js'
import type { Net } from '../../../net/tree.js'
import { allWeightSpecs, type WeightName, type WeightSpec } from '../../../net/weight-specs.js'
import { full, type Model, type Tensor } from '../../../net/weights.js'
import type { ImportError, ImportNote } from '../../error.js'
import type { Imported } from '../../keras/import/read.js'
import type { ModelFile } from '../../model-file.js'
import { countFoldedNorms, insertBatchNorms } from '../../rewrite/insert-batch-norm.js'
import { liftNormaliser } from '../../rewrite/lift-normaliser.js'
import { restorePreprocessing } from '../../rewrite/restore-preprocessing.js'
import { assembleWith } from '../../tree/assemble.js'
import { layerDiffers, type Reader } from '../../tree/reader.js'
import { seriesOf } from '../../tree/series.js'
import { netOf, type Origin, type Subtree } from '../../tree/subtree.js'
import type { OnnxLayer } from './draft.js'
import { readExternal } from './file/external.js'
import { decodeOnnx, type OnnxFile } from './file/proto.js'
import type { ExternalBytes } from './file/tensor.js'
import { type OnnxGraph, readGraph } from './graph.js'
import { nameLayers } from './names.js'
import { checkParity } from './parity.js'
import type { Read } from './site.js'

const readerOf = (layers: readonly OnnxLayer[]): Reader<OnnxLayer> => {
  const names = nameLayers(layers)
  return {
    names: ({ name }) => names.get(name) ?? ['layer'],
    parts: ({ parts }) => E.right(parts),
    join: layer =>
      layer.join === null
        ? E.left(
            layerDiffers(layer, {
              _tag: 'DecodeError',
              at: 'inputs',
              expected: '1',
              got: `${layer.from.length}`,
            }),
          )
        : E.right(layer.join),
  }
}

/** A weight that is no number, at the node that it was read for. */
const notFinite = (origin: Origin | undefined, slot: WeightName, value: number): ImportError => {
  const source = origin?.sources[slot]
  const name = source?._tag === 'stored' ? source.name.slice(0, -slot.length - 1) : ''
  return layerDiffers(
    { name, className: origin?.className ?? '' },
    { _tag: 'DecodeError', at: slot, expected: 'finite numbers', got: `${value}` },
  )
}

const weightOf =
  ({ origins }: Subtree, { tensors }: OnnxGraph) =>
  ({ key, at, slot, shape }: WeightSpec): Read<readonly [string, Tensor]> => {
    const source = origins.get(at)?.sources[slot]
    if (source?._tag === 'filled') return E.right([key, full(shape, source.value)])
    const tensor = tensors.get(source?.name ?? '')?.()
    if (tensor === undefined || !isSameShape(tensor.shape, shape))
      return E.left({ _tag: 'WrongWeight', key, expected: shape, got: tensor?.shape ?? null })
    const wrong = tensor.data[findNonFinite(tensor.data)]
    return wrong === undefined ? E.right([key, tensor]) : E.left(notFinite(origins.get(at), slot, wrong))
  }

const weightsOf = (net: Net, body: Subtree, graph: OnnxGraph): Read<Model> =>
  pipe(
    infer(net),
    E.flatMap(checked =>
      pipe(
        allWeightSpecs(checked),
        E.traverseArray(weightOf(body, graph)),
        E.map(weights => ({ ...checked, weights: Object.fromEntries(weights) })),
      ),
    ),
  )

const modelOf = (graph: OnnxGraph): Read<Model> =>
  pipe(
    seriesOf(graph.layers),
    E.flatMap(assembleWith(readerOf([...graph.layers.nodes.values()]))),
    E.flatMap(body => weightsOf(netOf(graph.layers.name, graph.layers.input, body), body, graph)),
  )

const metadataOf = ({ preprocessing }: OnnxFile['metadata']): unknown =>
  preprocessing === undefined
    ? {}
    : pipe(
        E.tryCatch(() => JSON.parse(preprocessing), String),
        E.match(
          () => ({}),
          preprocessing => ({ preprocessing }),
        ),
      )

/** How an ONNX file is imported. */
export interface OnnxOptions {
  /** Puts a batch norm that changes nothing behind each convolution with a bias, for exporters fold them. */
  readonly batchNorm?: boolean
  /** Compares the model with onnxruntime, where that is installed. */
  readonly check?: boolean
}

/** Larger differences than those of the order of sums; and than those of rounding to 8 bits, which a model here does not do. */
const [mostDifference, mostRounded] = [1e-3, 0.25]

const parityOf = (path: string, graph: OnnxGraph, model: Model): TE.TaskEither<ImportError, ImportNote> =>
  pipe(
    checkParity(path, graph, model),
    TE.match(
      (note): E.Either<ImportError, ImportNote> => E.right(note),
      note =>
        note.difference <= (graph.roundings > 0 ? mostRounded : mostDifference)
          ? E.right(note)
          : E.left({ _tag: 'RuntimeDiffers', runtime: note.runtime, difference: note.difference }),
    ),
  )

/** What was left out of a graph, or may be missed in the model. */
const notesOf = (
  { roundings }: OnnxGraph,
  model: Model,
  { batchNorm = false }: OnnxOptions,
): readonly ImportNote[] => {
  const layers = batchNorm ? 0 : countFoldedNorms(model.net)
  return [
    ...(roundings > 0 ? [{ _tag: 'RoundingDropped' as const, values: roundings }] : []),
    ...(layers > 0 ? [{ _tag: 'NormsFolded' as const, layers }] : []),
  ]
}

const checksOf = (
  path: string,
  graph: OnnxGraph,
  whole: Model,
  { check = false }: OnnxOptions,
): TE.TaskEither<ImportError, readonly ImportNote[]> =>
  check
    ? pipe(
        parityOf(path, graph, whole),
        TE.map(note => [note]),
      )
    : TE.right([])

/** A model without its normaliser, and what there is to tell of that. */
interface Fronted extends ModelFile {
  readonly notes: readonly ImportNote[]
}

/** What becomes of the normaliser at a model's front. */
type Front = (file: OnnxFile, model: Model) => Fronted

const restoreOwn: Front = (file, model) => ({
  ...restorePreprocessing(metadataOf(file.metadata))(model),
  notes: [],
})

const liftAny: Front = (file, model) => {
  const own = restoreOwn(file, model)
  const lifted = own.preprocessing === null ? liftNormaliser(model) : null
  if (lifted === null) return own
  const { input, ...rest } = lifted
  return { ...rest, notes: [{ _tag: 'NormaliserLifted', input }] }
}

const importFrom =
  (path: string, options: OnnxOptions, front: Front) =>
  (file: OnnxFile, external: ExternalBytes): TE.TaskEither<ImportError, Imported> =>
    pipe(
      readGraph(file, external),
      E.bindTo('graph'),
      E.bind('whole', ({ graph }) => modelOf(graph)),
      E.let('fronted', ({ whole }) => front(file, whole)),
      E.bindW('model', ({ fronted: { model } }) =>
        options.batchNorm === true ? insertBatchNorms(model) : E.right(model),
      ),
      TE.fromEither,
      TE.bind('checks', ({ graph, whole }) => checksOf(path, graph, whole, options)),
      TE.map(({ graph, fronted, model, checks }) => ({
        model,
        preprocessing: fronted.preprocessing,
        dropped: graph.end.softmax === null ? [] : [graph.end.softmax],
        notes: [...fronted.notes, ...notesOf(graph, model, options), ...checks],
      })),
    )

const readWith = (path: string, options: OnnxOptions, front: Front): TE.TaskEither<ImportError, Imported> =>
  pipe(
    readBytes(path),
    TE.flatMapEither(bytes =>
      pipe(
        decodeOnnx(bytes),
        E.mapLeft((fault): ImportError => ({ _tag: 'BadFile', file: path, fault })),
      ),
    ),
    TE.bindTo('file'),
    TE.bind('external', ({ file }) => readExternal(dirname(path))(file.graph.initializer)),
    TE.flatMap(({ file, external }) => importFrom(path, options, front)(file, external)),
  )

/**
 * Imports an ONNX model of opset 11 to 28, of supported operators, for images of one size; weights may lie in other files
 * of its folder. A softmax at its end is dropped, since the outputs of a net are logits. A scale and a shift of the images'
 * channels at its front become the preprocessing, where they tell how large pixels are.
 *
 * Shapes  images [n, c, h, w] or [n, h, w, c]; the net has channels last
 * Errors  BadFile, TensorDiffers, PathLeaves before a weight is read; UnknownOperator, LayerDiffers with the node's name;
 *         NotATree; those of `infer`; RuntimeDiffers
 * Law     importing what `exportModel({ to: 'onnx' })` wrote gives a model with the same outputs
 *
 * @example
 * readOnnxFile('resnet50.onnx', { check: true })
 */
export const readOnnxFile = (path: string, options: OnnxOptions = {}): TE.TaskEither<ImportError, Imported> =>
  readWith(path, options, liftAny)

/** The model alone, which takes what the file takes; of an export of this project, images that are normalised. */
export const readOnnxModel = (path: string, options: OnnxOptions = {}): TE.TaskEither<ImportError, Model> =>
  pipe(
    readWith(path, options, restoreOwn),
    TE.map(({ model }) => model),
  )
