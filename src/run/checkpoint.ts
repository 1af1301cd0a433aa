/** Where a run is, in one file: the learner, models kept on the way, and the place in the schedule. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { Learner, Position } from '../learn/phase.js'
import { closed, closedPartial, count, decode, finite, maybe, share, tagged } from '../net/closed.js'
import { netCodec } from '../net/codec.js'
import { type Inferred, infer } from '../net/infer.js'
import type { Net } from '../net/layer.js'
import { type Path, parentOf } from '../net/path.js'
import { decodeTensors, encodeTensors } from '../net/safetensors.js'
import { sameShape } from '../net/shape.js'
import { fitted, type Model, type Weights } from '../net/weights.js'
import type { Counts } from './aim.js'
import type { BadFile, RunError } from './error.js'
import { readBytes, writeWhole } from './files.js'
import { type Stop, stopCodec } from './stop.js'

/** How a step of the schedule ended. */
export interface StageResult {
  readonly name: string
  readonly params: number
  readonly macs: number
  readonly validation: { readonly accuracy: number }
  readonly seconds: number
  /** Where it ended before it was through. */
  readonly stopped?: Stop
}

/** What rounds hold against: the net they began with. */
export interface Base extends Counts {
  readonly accuracy: number
}

/** The place inside a step of the schedule. */
export type Inside =
  | { readonly _tag: 'training'; readonly position: Position }
  /** Counted from 0; `inside` is the place in the step under way, `null` before it. */
  | {
      readonly _tag: 'rounds'
      readonly base: Base
      readonly round: number
      readonly step: number
      readonly inside: Inside | null
    }
  /**
   * `grown` modules were tried, the last of them at `last`; `best` is the validation accuracy to gain on, `stale` nets
   * in a row have not; `exact` says whether the last module left what the net gives.
   */
  | {
      readonly _tag: 'growing'
      readonly grown: number
      readonly last: Path
      readonly best: number
      readonly stale: number
      readonly exact: boolean
      readonly step: number
      readonly inside: Inside | null
    }

/** What a run goes on from. */
export interface Checkpoint {
  readonly learner: Learner
  /** Models a step wants to find again, by what they are to it. */
  readonly kept: Readonly<Record<string, Model>>
  readonly stages: readonly StageResult[]
  /** `null` between steps: the next begins. */
  readonly inside: Inside | null
  /** What has ended rounds or growing in the step under way. */
  readonly stopped: Stop | null
  /** Spent so far, and of it in the step under way. */
  readonly seconds: { readonly run: number; readonly stage: number }
  /** Bytes of the event log that belong to what is saved. */
  readonly logged: number
}

const scoreCodec = closed({ images: count, correct: count, nats: finite })
const positionCodec = closed({ epoch: count, step: count, score: scoreCodec })
const baseCodec: t.Type<Base, unknown> = closed({ params: count, macs: count, bytes: count, accuracy: share })

const insideCodec: t.Type<Inside, unknown> = t.recursion('a place in a step', () =>
  tagged<Inside>('a place in a step', {
    training: closed({ _tag: t.literal('training'), position: positionCodec }),
    rounds: closed({
      _tag: t.literal('rounds'),
      base: baseCodec,
      round: count,
      step: count,
      inside: maybe(insideCodec),
    }),
    growing: closed({
      _tag: t.literal('growing'),
      grown: count,
      last: t.string,
      best: share,
      stale: count,
      exact: t.boolean,
      step: count,
      inside: t.union([insideCodec, t.null]),
    }),
  }),
)

export const stageCodec: t.Type<StageResult, unknown> = closedPartial(
  {
    name: t.string,
    params: count,
    macs: count,
    validation: closed({ accuracy: share }),
    seconds: finite,
  },
  { stopped: stopCodec },
)

const factsCodec = closed({
  run: t.string,
  net: netCodec,
  kept: t.record(t.string, netCodec),
  stages: t.readonlyArray(stageCodec),
  inside: maybe(insideCodec),
  stopped: maybe(stopCodec),
  seconds: closed({ run: finite, stage: finite }),
  logged: count,
})

const under = (prefix: string, weights: Weights): Weights =>
  Object.fromEntries(Object.entries(weights).map(([key, tensor]) => [`${prefix}:${key}`, tensor]))

const from = (prefix: string, tensors: Weights): Weights =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([key, tensor]) =>
      key.startsWith(`${prefix}:`) ? [[key.slice(prefix.length + 1), tensor] as const] : [],
    ),
  )

const encode = (run: string, { learner: { model, slots }, kept, ...facts }: Checkpoint): Uint8Array => {
  const nets: Readonly<Record<string, Net>> = Object.fromEntries(
    Object.entries(kept).map(([name, { net }]) => [name, net]),
  )
  const tensors = Object.entries(kept).map(([name, { weights }]) => under(`kept.${name}`, weights))
  return encodeTensors(Object.assign({}, under('model', model.weights), under('slot', slots), ...tensors), {
    checkpoint: JSON.stringify({ run, net: model.net, kept: nets, ...facts }),
  })
}

type Fault = BadFile['fault']

const parsed = (text: string): E.Either<Fault, unknown> =>
  E.tryCatch(
    () => JSON.parse(text),
    () => ({ _tag: 'Misread', at: 'checkpoint', wanted: 'JSON', got: text.slice(0, 40) }),
  )

/** A model whose net can be, and whose weights are the net's. */
const sound = (model: Model): E.Either<Fault, Model> =>
  pipe(
    infer(model.net),
    E.flatMap((inferred: Inferred): E.Either<Fault, void> => fitted(model, inferred)),
    E.map(() => model),
  )

/** What an optimizer remembers has the shape of the weight it belongs to. */
const fittingSlots =
  (slots: Weights) =>
  ({ weights }: Model): E.Either<Fault, Learner['slots']> => {
    const wrong = Object.entries(slots).find(
      ([key, { shape }]) => !sameShape(weights[parentOf(key)]?.shape ?? [], shape),
    )
    if (wrong === undefined) return E.right(slots)
    const [key, { shape }] = wrong
    return E.left({ _tag: 'WrongWeight', key, wanted: weights[parentOf(key)]?.shape ?? null, got: shape })
  }

const decodeCheckpoint = (
  bytes: Uint8Array,
): E.Either<Fault, { readonly run: string; readonly checkpoint: Checkpoint }> =>
  pipe(
    E.Do,
    E.bind('held', () => decodeTensors(bytes)),
    E.bindW('facts', ({ held }) =>
      pipe(parsed(held.metadata.checkpoint ?? ''), E.flatMap(decode(factsCodec))),
    ),
    E.bindW('model', ({ held: { tensors }, facts: { net } }) =>
      sound({ net, weights: from('model', tensors) }),
    ),
    E.bindW('slots', ({ held: { tensors }, model }) => fittingSlots(from('slot', tensors))(model)),
    E.bindW('kept', ({ held: { tensors }, facts }) =>
      pipe(
        Object.entries(facts.kept),
        E.traverseArray(([name, net]) =>
          pipe(
            sound({ net, weights: from(`kept.${name}`, tensors) }),
            E.map(model => [name, model] as const),
          ),
        ),
        E.map(models => Object.fromEntries(models)),
      ),
    ),
    E.map(({ facts: { run, net: _, ...facts }, model, slots, kept }) => ({
      run,
      checkpoint: { ...facts, learner: { model, slots }, kept },
    })),
  )

const decodeModel = (bytes: Uint8Array): E.Either<Fault, Model> =>
  pipe(
    decodeTensors(bytes),
    E.flatMap(({ tensors, metadata }) =>
      pipe(
        parsed(metadata.net ?? ''),
        E.flatMap(decode(netCodec)),
        E.flatMap(net => sound({ net, weights: tensors })),
      ),
    ),
  )

/** What a file's bytes say. */
const reading =
  <A>(decoded: (bytes: Uint8Array) => E.Either<Fault, A>) =>
  (file: string): TE.TaskEither<RunError, A> =>
    pipe(
      readBytes(file),
      TE.flatMapEither(bytes =>
        pipe(
          decoded(bytes),
          E.mapLeft((fault): RunError => ({ _tag: 'BadFile', file, fault })),
        ),
      ),
    )

/**
 * Saves a checkpoint with the name of the run it is of.
 *
 * Law  reading what was saved gives an equal checkpoint, bit for bit
 */
export const saveCheckpoint =
  (file: string, run: string) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, void> =>
    writeWhole(file, encode(run, checkpoint))

/**
 * Errors  FileMissing; BadFile with the first fault found: bytes, facts, or weights that are not the net's; OtherRun
 *         unless it is of one of these runs
 */
export const readCheckpoint = (
  file: string,
  ...runs: readonly string[]
): TE.TaskEither<RunError, Checkpoint> =>
  pipe(
    reading(decodeCheckpoint)(file),
    TE.filterOrElse(
      ({ run }) => runs.includes(run),
      (): RunError => ({ _tag: 'OtherRun', file }),
    ),
    TE.map(({ checkpoint }) => checkpoint),
  )

/** A model as one safetensors file, its net in the metadata, beside what else there is to tell. */
export const saveModel =
  (file: string, more: Readonly<Record<string, string>> = {}) =>
  ({ net, weights }: Model): TE.TaskEither<RunError, void> =>
    writeWhole(file, encodeTensors(weights, { ...more, net: JSON.stringify(net) }))

/** Errors  FileMissing; BadFile with the first fault found */
export const readModel = reading(decodeModel)
