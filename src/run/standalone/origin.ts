/** The model that an experiment begins with, in place of initial weights. */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Dataset } from '../../data/dataset.js'
import { closedPartial, isRecord, list, nullable, predicateCodec } from '../../io/codec.js'
import type { CheckedNet } from '../../net/infer.js'
import { checkWeights, type Model, type Weights } from '../../net/weights.js'
import type { ClassesDiffer, ModelDiffers, OriginDiffers, RunError } from '../error.js'
import { checkClassNames } from './calibration-data.js'

/** A model that an experiment begins with. A run's folder holds no weights of it: they are those of its checkpoint. */
export interface Origin {
  /** As the experiment or an argument names it. */
  readonly file: string
  /** SHA-256 of its net and its weights. */
  readonly checksum: string
  /** The names of its classes, in the order of its outputs; `null` where they are unknown, or its head is new. */
  readonly classes: readonly string[] | null
  /** Missing where the experiment was read from a run's folder. */
  readonly weights?: Weights
}

/** Weights as they are: no codec goes through them. */
const weightsCodec = predicateCodec('weights', (u): u is Weights => isRecord(u))

const wholeCodec: t.Type<Origin, unknown> = closedPartial(
  { file: t.string, checksum: t.string, classes: nullable(list(t.string)) },
  { weights: weightsCodec },
)

/** Law  decoding keeps the weights of a value that has them; encoding leaves them out */
export const originCodec = new t.Type<Origin, unknown>(
  wholeCodec.name,
  wholeCodec.is,
  wholeCodec.validate,
  ({ weights: _, ...data }) => data,
)

/** The checksum of a model, whichever format its file has. */
export const modelChecksum = ({ net, weights }: Pick<Model, 'net' | 'weights'>): string =>
  Object.entries(weights)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .reduce(
      (hash, [key, { data }]) =>
        hash.update(key).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      createHash('sha256').update(JSON.stringify(net)),
    )
    .digest('hex')

/**
 * A model with initial weights, begun with those of its origin; without one it stays as it is.
 *
 * Errors  NoWeights where the origin was read from a run's folder; WrongWeight
 */
export const beginWith =
  (origin: Origin | undefined) =>
  (initial: Model): E.Either<RunError, Model> => {
    if (origin === undefined) return E.right(initial)
    const { file, weights } = origin
    if (weights === undefined) return E.left({ _tag: 'NoWeights', file })
    const model = { ...initial, weights: { ...initial.weights, ...weights } }
    return pipe(
      checkWeights(model),
      E.bimap(
        (fault): RunError => ({ _tag: 'BadFile', file, fault }),
        () => model,
      ),
    )
  }

/** Errors  ClassesDiffer where data has other classes than a model's own head answers with */
export const checkOriginClasses =
  (dataset: Pick<Dataset, 'classes'>, origin: Origin | undefined) =>
  (net: CheckedNet): E.Either<ClassesDiffer, void> =>
    origin === undefined ? E.right(undefined) : checkClassNames(dataset, origin, 'head')(net)

/**
 * The fact where a run is to go on from another model than it began with: one changed since, one of another file, or
 * none.
 */
export const changedModel = (
  folder: string,
  began: Origin | undefined,
  now: Origin | undefined,
): ModelDiffers | OriginDiffers | null => {
  if (began?.checksum === now?.checksum) return null
  return began !== undefined && began.file === now?.file
    ? { _tag: 'ModelDiffers', folder, file: began.file, began: began.checksum, now: now.checksum }
    : { _tag: 'OriginDiffers', folder, began: began?.file ?? null, now: now?.file ?? null }
}
