/** Where a run is, in one file: the learner, models kept on the way, and the place in the schedule. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { parseMetadata, readWith } from '../../convert/model-file.js'
import { closed, decode, finite, naturalNumber, nullable, share } from '../../io/codec.js'
import { writeAtomically } from '../../io/files.js'
import type { Learner } from '../../learn/training/learner.js'
import { netCodec } from '../../net/codec.js'
import { parentPath } from '../../net/path.js'
import { isSameShape, type Shape } from '../../net/shape.js'
import type { Net } from '../../net/tree.js'
import { type Model, prefixKeys, type Weights, withWeights } from '../../net/weights.js'
import { type KnownLayer, provideLayers } from '../../net/words/own-layer.js'
import { type Cursor, cursorCodec, type StageResult, stageCodec } from '../cursor.js'
import type { BadFile, RunError } from '../error.js'
import { type Stop, stopCodec } from '../stop-reason.js'
import { seal, unseal } from './checksum.js'
import { cutCodec, type History, keptEpochCodec, metCodec } from './history.js'
import { type KeptModels, listModels, mapModels, traverseModels } from './kept-models.js'

type Fault = BadFile['fault']

/** What a run goes on from. */
export interface Checkpoint extends History {
  readonly learner: Learner
  readonly models: KeptModels
  readonly stages: readonly StageResult[]
  /** Why rounds or growing ended early in the step under way. */
  readonly stopped: Stop | null
  /** `null` between steps: the next begins. */
  readonly cursor: Cursor | null
  /** Spent so far, and of it in the step under way. */
  readonly seconds: { readonly run: number; readonly stage: number }
  /** Bytes of the event log that belong to what is saved. */
  readonly logged: number
}

const modelsCodec: t.Type<KeptModels<Net>, unknown> = closed({
  original: nullable(netCodec),
  teacher: nullable(netCodec),
  accepted: t.readonly(t.record(t.string, netCodec)),
  best: t.readonly(t.record(t.string, netCodec)),
})

const factsCodec = closed({
  runs: t.readonlyArray(t.string),
  net: netCodec,
  models: modelsCodec,
  stages: t.readonlyArray(stageCodec),
  cursor: nullable(cursorCodec),
  met: t.readonlyArray(metCodec),
  cuts: t.readonlyArray(cutCodec),
  stopped: nullable(stopCodec),
  best: share,
  bestEpochs: t.readonlyArray(keptEpochCodec),
  trainingMacs: finite,
  seconds: closed({ run: finite, stage: finite }),
  logged: naturalNumber,
})

const under = (prefix: string, weights: Weights): Weights => prefixKeys(`${prefix}:`)(weights)

const from = (prefix: string, tensors: Weights): Weights =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([key, tensor]) =>
      key.startsWith(`${prefix}:`) ? [[key.slice(prefix.length + 1), tensor] as const] : [],
    ),
  )

const encode = (
  runs: readonly string[],
  { learner: { model, slots }, models, ...facts }: Checkpoint,
): Uint8Array => {
  const nets = mapModels(({ net }: Model) => net)(models)
  const tensors = listModels(models).map(([name, { weights }]) => under(`kept.${name}`, weights))
  return seal(Object.assign({}, under('model', model.weights), under('slot', slots), ...tensors), {
    checkpoint: JSON.stringify({ runs, net: model.net, models: nets, ...facts }),
  })
}

/** Whether a slot may lie beside a weight: of its shape, or one number per channel. */
const isSlotFor = (slot: Shape, weight: Shape): boolean =>
  isSameShape(weight, slot) || isSameShape(weight.slice(-1), slot)

/** Errors  WrongWeight where a slot does not fit its weight */
const checkSlots =
  (slots: Weights) =>
  ({ weights }: Model): E.Either<Fault, Learner['slots']> => {
    const wrong = Object.entries(slots).find(
      ([key, { shape }]) => !isSlotFor(shape, weights[parentPath(key)]?.shape ?? []),
    )
    if (wrong === undefined) return E.right(slots)
    const [key, { shape }] = wrong
    return E.left({ _tag: 'WrongWeight', key, expected: weights[parentPath(key)]?.shape ?? null, got: shape })
  }

const decodeCheckpoint =
  (known: readonly KnownLayer[]) =>
  (
    bytes: Uint8Array,
  ): E.Either<Fault, { readonly runs: readonly string[]; readonly checkpoint: Checkpoint }> =>
    pipe(
      E.Do,
      E.bind('sealed', () => unseal(bytes)),
      E.bindW('facts', ({ sealed }) =>
        pipe(
          parseMetadata('checkpoint', sealed.metadata),
          E.flatMap(decode(factsCodec)),
          E.map(provideLayers(known)),
        ),
      ),
      E.bindW('model', ({ sealed: { tensors }, facts: { net } }) => withWeights(from('model', tensors))(net)),
      E.bindW('slots', ({ sealed: { tensors }, model }) => checkSlots(from('slot', tensors))(model)),
      E.bindW('models', ({ sealed: { tensors }, facts }) =>
        pipe(
          facts.models,
          traverseModels((name, net) => withWeights(from(`kept.${name}`, tensors))(net)),
        ),
      ),
      E.map(({ facts: { runs, net: _, ...facts }, model, slots, models }) => ({
        runs,
        checkpoint: { ...facts, learner: { model, slots }, models },
      })),
    )

/**
 * Saves a checkpoint with the name of the run it is of; with two while that one becomes another.
 *
 * Law  reading what was saved gives an equal checkpoint, bit for bit
 */
export const saveCheckpoint =
  (file: string, ...runs: readonly string[]) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, void> =>
    writeAtomically(file, encode(runs, checkpoint))

/** The net a checkpoint is of, whichever run's it is. Errors  FileMissing; BadFile with the first fault found */
export const readCheckpointNet = (file: string): TE.TaskEither<RunError, Net> =>
  pipe(
    readWith(decodeCheckpoint([]))(file),
    TE.map(({ checkpoint }) => checkpoint.learner.model.net),
  )

/**
 * `known`: layers of a user's own that its nets may have.
 *
 * Errors  FileMissing; BadFile with the first fault found: bytes that are not what was written, facts, or weights that
 *         are not the net's; OtherRun unless it is of one of these runs
 */
export const readCheckpoint = (
  file: string,
  known: readonly KnownLayer[],
  ...runs: readonly string[]
): TE.TaskEither<RunError, Checkpoint> =>
  pipe(
    readWith(decodeCheckpoint(known))(file),
    TE.filterOrElse(
      ({ runs: names }) => names.some(name => runs.includes(name)),
      (): RunError => ({ _tag: 'OtherRun', file }),
    ),
    TE.map(({ checkpoint }) => checkpoint),
  )
