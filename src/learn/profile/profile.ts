/**
 * Where the time of a training step or of inference goes: in the engine or outside, by operation, beside the peak of
 * the machine.
 */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { closeSession, type Engine, type Feeds } from '../../engine/engine.js'
import { macsOf, profileCall } from '../../engine/wasm/profile.js'
import { type Graph, type Kind, type Program, valuesOf } from '../../graph/graph.js'
import { sumBy } from '../../io/count.js'
import { sizeOf } from '../../net/shape.js'
import type { Model, Weights } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import { feedsOf } from '../training/feeds.js'
import { type Learner, matchingVariables } from '../training/learner.js'
import type { Phase } from '../training/phase.js'
import { lowerForInference } from '../training/train.js'
import { measurePeak } from './peak.js'

/** What the operations of one kind take together, on one thread. */
export interface KindTime {
  readonly kind: Kind
  readonly operations: number
  readonly milliseconds: number
  readonly macs: number
  /** Read and written. */
  readonly bytes: number
}

/** The profile of a call. */
export interface Profile {
  readonly engine: Pick<Engine, 'name' | 'version' | 'threads'>
  /** Milliseconds in the engine: the fastest of a few calls. */
  readonly inside: number
  /** Milliseconds of making what the call is fed, when nothing is read ahead. */
  readonly outside: number
  /** Multiply–accumulates of the call. */
  readonly macs: number
  readonly operations: number
  /** The most multiply–accumulates a second that was measured on the machine. */
  readonly peak: number
  /** The most costly first; none of an engine that does not tell. */
  readonly kinds: readonly KindTime[]
}

/** A call to profile: how its feeds are made, and what its variables hold. */
interface Subject {
  readonly program: Program
  readonly call: string
  readonly weights: Weights
  readonly constants: boolean
  readonly feeds: () => Promise<Feeds>
}

const [calls, rounds] = [5, 3]

const now = (): number => performance.now()

const fastest = async (task: () => unknown, count = calls): Promise<number> => {
  const times: number[] = []
  for (let nth = 0; nth < count; nth++) {
    const began = now()
    await task()
    times.push(now() - began)
  }
  return Math.min(...times)
}

const byKind = async (
  { name }: Engine,
  { program, call, weights }: Subject,
  feeds: Feeds,
): Promise<readonly KindTime[]> => {
  if (name !== 'wasm') return []
  const costs = await profileCall({ program, call, feeds, weights, rounds })
  const sums = new Map<Kind, KindTime>()
  for (const { kind, kernels, macs, bytes } of costs) {
    const sum = sums.get(kind) ?? { kind, operations: 0, milliseconds: 0, macs: 0, bytes: 0 }
    sums.set(kind, {
      kind,
      operations: sum.operations + 1,
      milliseconds: kernels.reduce((total, { ms }) => total + ms, sum.milliseconds),
      macs: sum.macs + macs,
      bytes: sum.bytes + bytes,
    })
  }
  return [...sums.values()]
    .filter(({ milliseconds }) => milliseconds > 0)
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
}

const productsIn = (graph: Graph): number => sumBy(valuesOf(graph), macsOf)

/** Errors  EngineFailed, and those of the data */
const profileSubject =
  (engine: Engine) =>
  (subject: Subject): TE.TaskEither<LearnError, Profile> => {
    const { program, call, weights, constants } = subject
    const graph = program[call] as Graph // the subject's own call
    const { name, version, threads } = engine
    return TE.bracket(
      engine.open(program, constants ? weights : {}),
      session =>
        TE.tryCatch(async () => {
          if (!constants) session.write(weights)
          const feeds = await subject.feeds()
          session.run(call, feeds)
          const kinds = await byKind(engine, subject, feeds)
          const rates = kinds.map(({ macs, milliseconds }) => (1000 * macs) / milliseconds)
          return {
            engine: { name, version, threads },
            outside: await fastest(subject.feeds),
            inside: await fastest(() => session.run(call, feeds)),
            macs: productsIn(graph),
            operations: valuesOf(graph).length,
            peak: Math.max(await measurePeak(engine), ...rates),
            kinds,
          }
        }, engineFailed(engine)),
      closeSession,
    )
  }

/** The profile of a step of a phase. Its weights are discarded. */
export const profilePhase = (
  engine: Engine,
  phase: Phase,
  { model, slots }: Learner,
): TE.TaskEither<LearnError, Profile> => {
  const { calls, fixed, training } = phase
  const { accumulate, train, infer } = calls
  return pipe(
    {
      program: { train, infer, ...(accumulate !== undefined && { accumulate }) },
      call: 'train',
      weights: matchingVariables(calls, { ...slots, ...model.weights, ...fixed }),
      constants: false,
      feeds: async () => feedsOf(phase)(await training.batch(0, 0), 0),
    },
    profileSubject(engine),
  )
}

/** The profile of inference of so many images. */
export const profileInference = (
  engine: Engine,
  batch: number,
  model: Model,
): TE.TaskEither<LearnError, Profile> =>
  profileSubject(engine)({
    program: { infer: lowerForInference(batch)(model) },
    call: 'infer',
    weights: model.weights,
    constants: true,
    feeds: async () => ({ images: new Float32Array(batch * sizeOf(model.net.input)) }),
  })
