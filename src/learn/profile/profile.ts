/**
 * Where the time of a training step or of inference goes: in the engine or outside, by operation, beside the peak of
 * the machine.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { closeSession, type Engine, type EngineError, type Feeds, type Session } from '../../engine/engine.js'
import type { CallToProfile, KindTime } from '../../engine/profile.js'
import { type Graph, valuesOf } from '../../graph/graph.js'
import { macsIn } from '../../graph/macs.js'
import { sizeOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import { feedsOf } from '../training/feeds.js'
import { type Learner, matchingVariables } from '../training/learner.js'
import type { Phase } from '../training/phase.js'
import { lowerForInference } from '../training/train.js'
import { measurePeak } from './peak.js'

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

/** A call to profile, and how its feeds are made. */
interface Subject extends Omit<CallToProfile, 'feeds' | 'rounds'> {
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

const timeKinds = (
  { profile }: Engine,
  call: CallToProfile,
): TE.TaskEither<EngineError, readonly KindTime[]> => (profile === undefined ? TE.right([]) : profile(call))

/** Times a call in a session that has run it once. */
const timeCall = async (
  engine: Engine,
  session: Session,
  subject: Subject,
  feeds: Feeds,
  kinds: readonly KindTime[],
): Promise<Profile> => {
  const { program, call } = subject
  const { name, version, threads } = engine
  const graph = program[call] as Graph // the subject's own call
  const rates = kinds.map(({ macs, milliseconds }) => (1000 * macs) / milliseconds)
  return {
    engine: { name, version, threads },
    outside: await fastest(subject.feeds),
    inside: await fastest(() => session.run(call, feeds)),
    macs: macsIn(graph),
    operations: valuesOf(graph).length,
    peak: Math.max(await measurePeak(engine), ...rates),
    kinds,
  }
}

/** Errors  EngineFailed, and those of the data */
const profileSubject =
  (engine: Engine) =>
  (subject: Subject): TE.TaskEither<LearnError, Profile> => {
    const attempt = <A>(task: () => Promise<A>) => TE.tryCatch(task, engineFailed(engine))
    const { program, call, weights, constants } = subject
    return TE.bracket(
      engine.open(program, constants),
      session =>
        pipe(
          attempt(async () => {
            session.write(weights)
            const feeds = await subject.feeds()
            session.run(call, feeds)
            return feeds
          }),
          TE.bindTo('feeds'),
          TE.bindW('kinds', ({ feeds }) => timeKinds(engine, { ...subject, feeds, rounds })),
          TE.flatMap(({ feeds, kinds }) => attempt(() => timeCall(engine, session, subject, feeds, kinds))),
        ),
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
      constants: {},
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
    weights: {},
    constants: model.weights,
    feeds: async () => ({ images: new Float32Array(batch * sizeOf(model.net.input)) }),
  })
