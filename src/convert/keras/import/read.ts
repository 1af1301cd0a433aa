/** Imports a LayersModel: `model.json` and its shards become a net and its weights. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import { readJson } from '../../../io/files.js'
import { type Inferred, infer } from '../../../net/infer.js'
import { lastName, type Path } from '../../../net/path.js'
import { isSameShape } from '../../../net/shape.js'
import type { Net } from '../../../net/tree.js'
import { allWeightSpecs, type WeightSpec } from '../../../net/weight-specs.js'
import { full, type Model, type Tensor } from '../../../net/weights.js'
import { descriptionCodec } from '../../description.js'
import type { FoundFormat, ImportError } from '../../error.js'
import { affineOf, identityOf, removeStep } from '../../include-normaliser.js'
import type { ModelFile } from '../../model-file.js'
import { seriesOf } from '../../tree/series.js'
import { netOf, type Origin, type Subtree } from '../../tree/subtree.js'
import { assemble } from './assemble.js'
import { graphOf } from './graph.js'
import { locate, modelFile } from './locate.js'
import {
  type ArrayPlace,
  checkTypes,
  indexArrays,
  type Manifest,
  manifestCodec,
  readGroups,
  tensorAt,
} from './weights-manifest.js'

const fileCodec = t.intersection([
  t.type({ modelTopology: t.UnknownRecord, weightsManifest: manifestCodec }),
  t.partial({ userDefinedMetadata: t.unknown }),
])

type LayersFile = t.TypeOf<typeof fileCodec>

/** A decoding error becomes an error of the file. */
const asBadFile =
  (file: string) =>
  (error: ImportError | DecodeError): ImportError =>
    error._tag === 'DecodeError' ? { _tag: 'BadFile', file, fault: error } : error

/** The kind of a model.json that holds no LayersModel; else null. */
const findForeign = ({ format, modelTopology }: Readonly<Record<string, unknown>>): FoundFormat | null => {
  if (!t.UnknownRecord.is(modelTopology)) return 'no topology'
  return format === 'graph-model' || 'node' in modelTopology ? 'graph model' : null
}

const decodeFile =
  (file: string) =>
  (json: Readonly<Record<string, unknown>>): E.Either<ImportError, LayersFile> => {
    const found = findForeign(json)
    return found === null
      ? pipe(decode(fileCodec)(json), E.mapLeft(asBadFile(file)))
      : E.left({ _tag: 'NotALayersModel', path: file, found })
  }

const object = t.refinement(t.UnknownRecord, () => true, 'a JSON object')

const readFile = (file: string): TE.TaskEither<ImportError, LayersFile> =>
  pipe(
    readJson(object)(file),
    TE.mapLeft((error): ImportError => error),
    TE.flatMapEither(decodeFile(file)),
  )

/** A net, and for each of its weights its place in the files or its constant value. */
interface ImportPlan {
  readonly net: Net
  readonly found: readonly (readonly [WeightSpec, ArrayPlace | number])[]
}

/** Checks that batch norms normalise the last axis, however it is numbered. */
const checkAxes =
  (inferred: Inferred) =>
  ([path, { axes, className }]: readonly [Path, Origin]): E.Either<ImportError, void> => {
    const last = inferred.get(path)?.output.length ?? 0
    const axis = axes.find(each => each !== -1 && each !== last)
    return axis === undefined
      ? E.right(undefined)
      : E.left({
          _tag: 'LayerDiffers',
          at: path,
          className,
          fault: { _tag: 'DecodeError', at: 'axis', expected: `-1 or ${last}`, got: `${axis}` },
        })
  }

/** Names of all layers' weights of the same kind. */
const similarNames = (name: string, manifest: Manifest): readonly string[] =>
  manifest
    .flatMap(({ weights }) => weights.map(each => each.name))
    .filter(each => lastName(each) === lastName(name))

const locateWeight = (origins: Subtree['origins'], manifest: Manifest) => {
  const places = indexArrays(manifest)
  return (slot: WeightSpec): E.Either<ImportError, readonly [WeightSpec, ArrayPlace | number]> => {
    const source = origins.get(slot.at)?.sources[slot.slot]
    if (source?._tag === 'filled') return E.right([slot, source.value])
    const name = source?.name ?? ''
    const place = places.get(name)
    if (place === undefined)
      return E.left({
        _tag: 'WeightMissing',
        name,
        expected: slot.shape,
        found: similarNames(name, manifest),
      })
    return isSameShape(place.shape, slot.shape)
      ? E.right([slot, place])
      : E.left({ _tag: 'WrongWeight', key: slot.key, expected: slot.shape, got: place.shape })
  }
}

const planImport = (topology: unknown, manifest: Manifest): E.Either<ImportError | DecodeError, ImportPlan> =>
  pipe(
    E.Do,
    E.bindW('graph', () => graphOf(topology)),
    E.bindW('series', ({ graph }) => seriesOf(graph)),
    E.bindW('body', ({ series }) => assemble(series)),
    E.let('net', ({ graph, body }) => netOf(graph.name, graph.input, body)),
    E.bindW('inferred', ({ net }) => infer(net)),
    E.tap(({ inferred, body }) => E.traverseArray(checkAxes(inferred))([...body.origins])),
    E.bindW('found', ({ inferred, body }) =>
      E.traverseArray(locateWeight(body.origins, manifest))(allWeightSpecs(inferred)),
    ),
  )

const readWeights = (
  { net, found }: ImportPlan,
  groups: readonly Uint8Array[],
): E.Either<ImportError, Model> =>
  pipe(
    found,
    E.traverseArray(([{ key, shape }, place]) =>
      pipe(
        typeof place === 'number' ? E.right(full(shape, place)) : tensorAt(groups, key)(place),
        E.map((tensor): readonly [string, Tensor] => [key, tensor]),
      ),
    ),
    E.map(weights => ({ net, weights: Object.fromEntries(weights) })),
  )

/** The metadata of this project's own exports; other tools may keep other metadata there. */
const ownMetadata = t.type({ preprocessing: descriptionCodec })

/**
 * Undoes the export: the model and its preprocessing as they were before. Where the normaliser was folded into the first
 * layers, the model is kept, and the preprocessing is that of its input.
 */
const restore =
  (metadata: unknown) =>
  (model: Model): ModelFile => {
    const found = ownMetadata.decode(metadata)
    if (E.isLeft(found)) return { model, preprocessing: null }
    const { input, size, resize, mean, deviation, classes } = found.right.preprocessing
    if (!isSameShape(size, model.net.input)) return { model, preprocessing: null }
    const trained = { size, resize, mean, deviation, classes }
    if (input === 'normalised') return { model, preprocessing: trained }
    const original = removeStep(affineOf(input, trained))(model)
    return original === null
      ? { model, preprocessing: { ...trained, ...identityOf(input, mean.length) } }
      : { model: original, preprocessing: trained }
  }

/**
 * Imports a LayersModel of supported layers, and its preprocessing where this project exported it. A softmax at its end
 * is dropped: the outputs of a net are logits.
 *
 * Errors  NotALayersModel; UnknownLayer, LayerDiffers by Keras name; NotATree; WeightMissing, WeightDiffers,
 *         WrongWeight; PathLeaves, WrongBytes before a shard is read; BadFile, FileMissing
 * Law     importing what `exportModel({ to: 'layers' })` wrote gives a model with the same outputs
 *
 * @example
 * readLayersFile('mobilenet')   // a folder with model.json
 */
export const readLayersFile = (path: string): TE.TaskEither<ImportError, ModelFile> =>
  pipe(
    locate(path),
    TE.bindTo('folder'),
    TE.let('file', ({ folder }) => join(folder, modelFile)),
    TE.bind('json', ({ file }) => readFile(file)),
    TE.bindW('manifest', ({ json }) => TE.fromEither(checkTypes(json.weightsManifest))),
    TE.bindW('plan', ({ file, manifest, json: { modelTopology } }) =>
      pipe(
        planImport(modelTopology.model_config ?? modelTopology, manifest),
        E.mapLeft(asBadFile(file)),
        TE.fromEither,
      ),
    ),
    TE.bindW('groups', ({ folder, manifest }) => readGroups(folder)(manifest)),
    TE.flatMapEither(({ plan, groups, json }) =>
      pipe(readWeights(plan, groups), E.map(restore(json.userDefinedMetadata))),
    ),
  )

/** The same without the preprocessing. */
export const readLayersModel = (folder: string): TE.TaskEither<ImportError, Model> =>
  pipe(
    readLayersFile(folder),
    TE.map(({ model }) => model),
  )
