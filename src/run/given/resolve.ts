/** Experiments that begin with a model in a file, resolved for its net. */
import { dirname, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { ModelFile } from '../../convert/model-file.js'
import { closed, type DecodeError, decode, nullable, positiveWhole } from '../../io/codec.js'
import type { Net } from '../../net/tree.js'
import { withWeights } from '../../net/weights.js'
import type { GivenModel } from '../../net/words/from.js'
import { weightsWithoutHead, withHead } from '../../net/words/with-head.js'
import type { RunError } from '../error.js'
import { type Experiment, experiment, type PlannedExperiment } from '../schedule/experiment.js'
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

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null

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
    experiment(net, data, ...schedule)

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

/** What a module exports, where an experiment of a model in a file becomes one of this net; no file is read. */
export const resolveExportedOn =
  (net: Net) =>
  (exported: unknown): TE.TaskEither<never, unknown> =>
    TE.right(isPlanned(exported) ? resolveOn(net)(exported) : exported)

/**
 * An experiment that a module exports, with its model read; anything else stays as it is.
 *
 * Errors  DecodeError of the word; those of `readAnyModel`
 */
export const resolveExported =
  (module: string) =>
  (exported: unknown): TE.TaskEither<RunError | DecodeError, unknown> =>
    isPlanned(exported)
      ? pipe(
          TE.fromEither(decode(plannedCodec)(exported)),
          TE.flatMap(({ net: { file } }) => readAnyModel(resolve(dirname(module), file))),
          TE.map(resolveWith(exported)),
        )
      : TE.right(exported)

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
