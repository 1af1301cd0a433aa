/** Experiments that begin with a model in a file, resolved for its net. */
import { dirname, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { ModelFile } from '../../convert/model-file.js'
import { closed, type DecodeError, decode, isRecord, nullable, positiveWhole } from '../../io/codec.js'
import type { Net } from '../../net/tree.js'
import { withWeights } from '../../net/weights.js'
import type { GivenModel } from '../../net/words/from.js'
import { weightsWithoutHead, withHead } from '../../net/words/with-head.js'
import type { RunError } from '../error.js'
import type { Experiment, PlannedExperiment } from '../schedule/experiment.js'
import { experimentOn } from '../schedule/resolve.js'
import { withNormaliser } from './calibration-data.js'
import { modelChecksum, type Origin } from './origin.js'
import { readAnyModel } from './read-model.js'

/** The word `from` as it is written. */
export const givenCodec: t.Type<GivenModel, unknown> = closed({
  _tag: t.literal('from'),
  file: t.string,
  head: nullable(positiveWhole),
})

const plannedCodec = t.type({ net: givenCodec })

/** Whether what a module exports is an experiment that begins with a model in a file. */
const isPlanned = (exported: unknown): exported is PlannedExperiment =>
  isRecord(exported) &&
  'net' in exported &&
  isRecord(exported.net) &&
  Reflect.get(exported.net, '_tag') === 'from'

/** The same steps on a net that is known. */
const resolveOn =
  (net: Net) =>
  ({ data, schedule }: PlannedExperiment): Experiment =>
    experimentOn(net, data, schedule)

const originOf = ({ file, head }: GivenModel, { model, preprocessing }: ModelFile): Origin => ({
  file,
  checksum: modelChecksum(model),
  classes: head === null ? (preprocessing?.classes ?? null) : null,
  weights: head === null ? model.weights : weightsWithoutHead(model),
})

const resolveWith =
  (planned: PlannedExperiment) =>
  (read: ModelFile): Experiment => {
    const { net: given, data } = planned
    const { net } = read.model
    return {
      ...resolveOn(given.head === null ? net : withHead(given.head)(net))({
        ...planned,
        data: withNormaliser(data, read.preprocessing),
      }),
      from: originOf(given, read),
    }
  }

type Resolve = (exported: unknown) => TE.TaskEither<RunError | DecodeError, unknown>

const hasVariants = (exported: unknown): exported is { readonly variants: readonly unknown[] } =>
  isRecord(exported) && 'variants' in exported && Array.isArray(exported.variants)

/** A fault in an experiment, as one in the study around it. */
const inVariant =
  (nth: number, variant: object) =>
  (fault: DecodeError): DecodeError => {
    const name: unknown = Reflect.get(variant, 'name')
    const entry = { kind: '', tag: null, name: null }
    const variants = { ...entry, key: 'variants' }
    const itself = { ...entry, key: `${nth}`, name: typeof name === 'string' ? name : null }
    return {
      ...fault,
      at: `variants.${nth}.experiment.${fault.at}`,
      way: [variants, itself, ...(fault.way ?? [])],
    }
  }

const resolveVariant =
  (resolveEach: Resolve) =>
  (nth: number, variant: unknown): TE.TaskEither<RunError | DecodeError, unknown> =>
    isRecord(variant) && 'experiment' in variant
      ? pipe(
          resolveEach(variant.experiment),
          TE.bimap(
            error => (error._tag === 'DecodeError' ? inVariant(nth, variant)(error) : error),
            experiment => ({ ...variant, experiment }),
          ),
        )
      : TE.right(variant)

/** What a module exports: the experiment, or those of the study's variants, resolved. */
const mapExperiments =
  (resolveEach: Resolve): Resolve =>
  exported =>
    hasVariants(exported)
      ? pipe(
          exported.variants,
          TE.traverseSeqArrayWithIndex(resolveVariant(resolveEach)),
          TE.map(variants => ({ ...exported, variants })),
        )
      : resolveEach(exported)

/** What a module exports, where an experiment of a model in a file becomes one of this net; no file is read. */
export const resolveExportedOn = (net: Net): Resolve =>
  mapExperiments(exported => TE.right(isPlanned(exported) ? resolveOn(net)(exported) : exported))

type ReadModel = (file: string) => TE.TaskEither<RunError, ModelFile>

/** Reads each file once: variants of a study may begin with the same one. */
const readOnce = (read: ReadModel): ReadModel => {
  const known = new Map<string, ModelFile>()
  return file => {
    const model = known.get(file)
    return model !== undefined
      ? TE.right(model)
      : pipe(
          read(file),
          TE.tapIO(found => () => void known.set(file, found)),
        )
  }
}

const resolveExperiment =
  (read: ReadModel): Resolve =>
  exported =>
    isPlanned(exported)
      ? pipe(
          TE.fromEither(decode(plannedCodec)(exported)),
          TE.flatMap(({ net: { file } }) => read(file)),
          TE.map(resolveWith(exported)),
        )
      : TE.right(exported)

/**
 * An experiment that a module exports, or those of a study, with their models read; anything else stays as it is.
 *
 * Errors  DecodeError of the word; those of `readAnyModel`
 */
export const resolveExported = (module: string): Resolve =>
  mapExperiments(resolveExperiment(readOnce(file => readAnyModel(resolve(dirname(module), file)))))

/**
 * An experiment that begins with the weights of a file, in place of its own.
 *
 * Errors  those of `readAnyModel`; BadFile with the first weight that does not fit the net
 */
export const beginFromFile =
  (file: string) =>
  (experiment: Experiment): TE.TaskEither<RunError, Experiment> =>
    pipe(
      readAnyModel(file),
      TE.flatMapEither(({ model }) =>
        pipe(
          withWeights(model.weights)(experiment.net),
          E.bimap(
            (fault): RunError => ({ _tag: 'BadFile', file, fault }),
            ({ weights }) => ({
              ...experiment,
              from: { file, checksum: modelChecksum(model), classes: null, weights },
            }),
          ),
        ),
      ),
    )
