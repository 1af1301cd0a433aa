/** A LayersModel comes in: `model.json` and its shards as a net of words and a store of weights. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { Misread } from '../../net/closed.js'
import { type Inferred, infer } from '../../net/infer.js'
import type { Net } from '../../net/layer.js'
import type { Path } from '../../net/path.js'
import { type Shape, sameShape } from '../../net/shape.js'
import { allSlots, type Slot } from '../../net/slots.js'
import { filled, type Model, type Tensor } from '../../net/weights.js'
import { readJson } from '../../run/files.js'
import type { ModelFile } from '../../run/model.js'
import { descriptionCodec } from '../description.js'
import type { ImportError } from '../error.js'
import { affineOf, identityOf, removeStep } from '../normalise.js'
import { assemble } from './assemble.js'
import { graphOf } from './graph.js'
import { seriesOf } from './series.js'
import type { Origin, Sprout } from './sprout.js'
import { type Announced, announced, type Manifest, manifestCodec, readGroups, tensorAt } from './stored.js'

const fileCodec = t.intersection([
  t.type({ modelTopology: t.UnknownRecord, weightsManifest: manifestCodec }),
  t.partial({ userDefinedMetadata: t.unknown }),
])

/** A net, and for each of its weights where it lies or what it is filled with. */
interface Planned {
  readonly net: Net
  readonly found: readonly (readonly [Slot, Announced | number])[]
}

const wordsOf = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_') || 'imported'

const netOf = (name: string, input: Shape, { layer }: Sprout): Net => ({
  _tag: 'net',
  name: wordsOf(name),
  input,
  body: layer._tag === 'stack' ? layer : { _tag: 'stack', name: '', layers: [layer] },
})

/** Batch norm here keeps the last axis, by whichever number it was told. */
const lastAxes =
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
          fault: { _tag: 'Misread', at: 'axis', wanted: `-1 or ${last}`, got: `${axis}` },
        })
  }

const located =
  (origins: Sprout['origins'], places: ReadonlyMap<string, Announced>) =>
  (slot: Slot): E.Either<ImportError, readonly [Slot, Announced | number]> => {
    const source = origins.get(slot.at)?.sources[slot.slot]
    if (source?._tag === 'filled') return E.right([slot, source.value])
    const place = places.get(source?.name ?? '')
    return place !== undefined && sameShape(place.shape, slot.shape)
      ? E.right([slot, place])
      : E.left({ _tag: 'WrongWeight', key: slot.key, wanted: slot.shape, got: place?.shape ?? null })
  }

const planned = (topology: unknown, manifest: Manifest): E.Either<ImportError | Misread, Planned> =>
  pipe(
    E.Do,
    E.bindW('graph', () => graphOf(topology)),
    E.bindW('series', ({ graph }) => seriesOf(graph)),
    E.bindW('body', ({ series }) => assemble(series)),
    E.let('net', ({ graph, body }) => netOf(graph.name, graph.input, body)),
    E.bindW('inferred', ({ net }) => infer(net)),
    E.tap(({ inferred, body }) => E.traverseArray(lastAxes(inferred))([...body.origins])),
    E.bindW('found', ({ inferred, body }) =>
      E.traverseArray(located(body.origins, announced(manifest)))(allSlots(inferred)),
    ),
  )

const filledIn = ({ net, found }: Planned, groups: readonly Uint8Array[]): E.Either<ImportError, Model> =>
  pipe(
    found,
    E.traverseArray(([{ key, shape }, place]) =>
      pipe(
        typeof place === 'number' ? E.right(filled(shape, place)) : tensorAt(groups, key)(place),
        E.map((tensor): readonly [string, Tensor] => [key, tensor]),
      ),
    ),
    E.map(weights => ({ net, weights: Object.fromEntries(weights) })),
  )

/** What this project's own exports say of their input; what other tools keep there is theirs. */
const ownMetadata = t.type({ preprocessing: descriptionCodec })

/**
 * A model and its preprocessing as they were before it was exported, or with the preprocessing that the model as it
 * came in takes where the normaliser has become part of its first layers.
 */
const restore =
  (metadata: unknown) =>
  (model: Model): ModelFile => {
    const found = ownMetadata.decode(metadata)
    if (E.isLeft(found)) return { model, preprocessing: null }
    const { input, size, resize, mean, deviation, classes } = found.right.preprocessing
    if (!sameShape(size, model.net.input)) return { model, preprocessing: null }
    const before = { size, resize, mean, deviation, classes }
    if (input === 'normalised') return { model, preprocessing: before }
    const original = removeStep(affineOf(input, before))(model)
    return original === null
      ? { model, preprocessing: { ...before, ...identityOf(input, mean.length) } }
      : { model: original, preprocessing: before }
  }

/** What is misread is in the file. */
const inFile =
  (file: string) =>
  (error: ImportError | Misread): ImportError =>
    error._tag === 'Misread' ? { _tag: 'BadFile', file, fault: error } : error

/**
 * Reads a LayersModel of layers the language has words for, and what it says of its input where it was exported here.
 * A softmax at its end is left off: nets here give logits.
 *
 * Errors  UnknownLayer, LayerDiffers by Keras name; NotATree; WrongWeight; PathLeaves, WrongBytes before a shard is
 *         read; BadFile, FileMissing
 * Law     what `exportModel({ to: 'layers' })` wrote gives a model that computes the same
 *
 * @example
 * readLayersFile('mobilenet')   // a folder with model.json
 */
export const readLayersFile = (folder: string): TE.TaskEither<ImportError, ModelFile> => {
  const file = join(folder, 'model.json')
  return pipe(
    readJson(fileCodec)(file),
    TE.flatMap(({ modelTopology, weightsManifest, userDefinedMetadata }) =>
      pipe(
        TE.fromEither(planned(modelTopology.model_config ?? modelTopology, weightsManifest)),
        TE.bindTo('plan'),
        TE.mapLeft(inFile(file)),
        TE.bindW('groups', () => readGroups(folder)(weightsManifest)),
        TE.flatMapEither(({ plan, groups }) => filledIn(plan, groups)),
        TE.map(restore(userDefinedMetadata)),
      ),
    ),
  )
}

/** The same without what the file says of its input. */
export const readLayersModel = (folder: string): TE.TaskEither<ImportError, Model> =>
  pipe(
    readLayersFile(folder),
    TE.map(({ model }) => model),
  )
