/**
 * The trace: which channels of every layer the kept discriminants rest on, found by going back from their responses.
 * It is the reverse pass of training under other rules; engines run it like any other call.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feeds } from '../../engine/engine.js'
import { differentiate } from '../../graph/differentiate.js'
import { deconvolution, gradient } from '../../graph/gradient-rules.js'
import type { Graph, Value } from '../../graph/graph.js'
import { type Lowered, lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { infer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import type { Net } from '../../net/tree.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import type { PruneError } from '../../surgery/error.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import { breakTies, hasTies } from '../../surgery/prune/ties.js'
import { featuresIn } from '../training/train.js'
import { calibrationBatches, foldBatches, withSession } from './calibration.js'
import { decisionFeatures } from './decision-features.js'
import { classVariance, discriminantsOf, noMoments } from './discriminants.js'
import { type Evidence, measureUtilities } from './evidence.js'
import { ldaUtilities, momentsAt } from './lda.js'

/**
 * What flows back, and what is made of it.
 *
 * - `deconv`        the kept features' responses by deconvolution; the mean reconstruction's largest value in space
 * - `discriminant`  responses weighed by what tells their class from others; the mean of |reconstruction × response|
 * - `gradient`      the same start by true gradients; Σ over images of |mean in space of gradient × response|
 */
export type TraceKind = 'deconvTrace' | 'discriminantTrace' | 'gradientTrace'

/** A call that traces a batch: fed images, targets, `keep` [d] and `discriminants` [classes, d]. */
export interface TraceCall {
  readonly graph: Graph
  /** The units traced, each an output of the call by its path. */
  readonly units: readonly Path[]
}

/** Every layer that makes channels of its own. */
const unitsOf = (net: Net): E.Either<PruneError, readonly Path[]> =>
  pipe(
    infer(net),
    E.bindTo('inferred'),
    E.bindW('decision', ({ inferred }) => decisionOf(inferred)),
    E.map(({ inferred, decision }) =>
      [...inferred.values()].flatMap(({ path, layer }) =>
        path !== decision.head &&
        (layer._tag === 'conv' || layer._tag === 'dense' || layer._tag === 'depthwise')
          ? [path]
          : [],
      ),
    ),
  )

/** What starts at the features. Shapes  [batch, d] */
const seedOf = (kind: TraceKind, features: Value, targets: Value): Value => {
  const size = channelsOf(features.shape)
  const kept = op.mul(features, op.input('keep', [size]))
  if (kind === 'deconvTrace') return kept
  return op.mul(kept, op.matmul(targets, op.input('discriminants', [channelsOf(targets.shape), size])))
}

const inSpace = (value: Value): readonly number[] => value.shape.slice(1, -1).map((_, axis) => axis + 1)

/** What one unit gives for one batch: a map to be added over batches, or a number a channel. */
const traceOf = (kind: TraceKind, signal: Value, response: Value): Value => {
  if (kind === 'deconvTrace') return op.sum(signal, [0])
  const product = op.mul(signal, response)
  if (kind === 'discriminantTrace') return op.sum(product, [0])
  return op.sum(op.abs(inSpace(product).length === 0 ? product : op.mean(product, inSpace(product))), [0])
}

const tracing = (kind: TraceKind, lowered: Lowered, features: Value, units: readonly Path[]): Graph => {
  const targets = op.input('targets', lowered.logits.shape)
  const responses = units.flatMap(path => lowered.at.get(path) ?? [])
  const rules = kind === 'gradientTrace' ? gradient : deconvolution
  const signals = differentiate(rules)(features, responses, seedOf(kind, features, targets))
  const outputs = units.flatMap((path, nth) => {
    const [signal, response] = [signals[nth], responses[nth]]
    return signal === undefined || response === undefined
      ? []
      : [[path, traceOf(kind, signal, response)] as const]
  })
  return { outputs: Object.fromEntries(outputs), updates: [] }
}

/** Errors  NoDecision; those of `infer` */
export const traceCall =
  (kind: TraceKind, batch: number) =>
  (net: Net): E.Either<PruneError, TraceCall> =>
    pipe(
      E.Do,
      E.bind('units', () => unitsOf(net)),
      E.bindW('decision', () => pipe(infer(net), E.flatMap(decisionOf))),
      E.bindW('lowered', () => lower({ batch, mode: 'inference' })(net)),
      E.map(({ units, decision, lowered }) => ({
        graph: tracing(kind, lowered, featuresIn(lowered, decision), units),
        units,
      })),
    )

/** What one unit gave, summed over images: a map, or a number a channel. */
export interface TraceSums {
  readonly shape: Shape
  readonly images: number
  readonly sums: Float64Array
}

/** By unit. */
export type Traces = ReadonlyMap<Path, TraceSums>

const noTraces = ({ outputs }: Graph, images: number): Traces =>
  new Map(
    Object.entries(outputs).map(([path, { shape }]) => [
      path,
      { shape, images, sums: new Float64Array(sizeOf(shape)) },
    ]),
  )

const addTo = (traced: TraceSums, more: Float32Array | undefined): TraceSums => ({
  ...traced,
  sums: traced.sums.map((value, i) => value + (more?.[i] ?? 0)),
})

const every: Evidence<null> = () => () => TE.right(null)

/** 1 at those kept. */
const marks = (size: number, kept: readonly number[] | null): Float32Array => {
  const all = new Float32Array(size).fill(kept === null ? 1 : 0)
  for (const j of kept ?? []) all[j] = 1
  return all
}

/** D, where the trace starts from it. */
const discriminantsFor =
  (kind: TraceKind, { features, size }: Decision): Evidence<Feeds> =>
  sight =>
  model =>
    kind === 'deconvTrace'
      ? TE.right({})
      : pipe(
          momentsAt(sight, [features])(model),
          TE.map(found => classVariance(found.get(features) ?? noMoments(1, size))),
          TE.map(spread => ({ discriminants: Float32Array.from(discriminantsOf(spread)) })),
        )

/**
 * What is traced to every unit from the features `keep` tells, or from all.
 *
 * Errors  NoDecision where nothing tells on what vector the net decides
 */
export const traces =
  (kind: TraceKind, keep: Evidence<readonly number[] | null> = every): Evidence<Traces> =>
  sight =>
  model =>
    pipe(
      TE.Do,
      TE.bind('decision', () => TE.fromEither(pipe(infer(model.net), E.flatMap(decisionOf)))),
      TE.bindW('call', () => TE.fromEither(traceCall(kind, sight.batch)(model.net))),
      TE.bindW('discriminants', ({ decision }) => discriminantsFor(kind, decision)(sight)(model)),
      TE.bindW('kept', () => keep(sight)(model)),
      TE.flatMap(({ call: { graph }, decision: { size }, discriminants, kept }) =>
        withSession(sight, { trace: graph }, model, session => {
          const given = { keep: marks(size, kept), ...discriminants }
          const images = sight.batch * calibrationBatches(sight)
          return foldBatches(sight, noTraces(graph, images), batch => before => {
            const seen = session.run('trace', { images: batch.images, targets: batch.targets, ...given })
            return new Map([...before].map(([path, traced]) => [path, addTo(traced, seen[path])]))
          })
        }),
      ),
    )

/** One number a channel: over space, the largest |mean|; `deconv` keeps its sign. */
const utilityOf = (kind: TraceKind, { shape, images, sums }: TraceSums): Float64Array => {
  const channels = channelsOf(shape)
  const utility = new Float64Array(channels).fill(kind === 'gradientTrace' ? 0 : Number.NEGATIVE_INFINITY)
  sums.forEach((sum, i) => {
    const value = kind === 'deconvTrace' ? sum / images : Math.abs(sum) / images
    utility[i % channels] = Math.max(utility[i % channels] ?? 0, value)
  })
  return utility
}

/** What channels are worth by what was traced to them. */
export const traceUtilities =
  (kind: TraceKind): Criterion<Traces> =>
  (_, seen) =>
    E.right(Object.fromEntries([...seen].map(([path, each]) => [path, utilityOf(kind, each)])))

/**
 * What channels are worth by a trace; the papers' starts from the features a net can decide by, the others from all.
 * Nothing reaches many of them after a strong push: those go by `lda`.
 */
export const measureTrace =
  (kind: TraceKind): Evidence<Utilities> =>
  sight =>
  model =>
    pipe(
      measureUtilities(
        traces(kind, kind === 'deconvTrace' ? decisionFeatures : every),
        traceUtilities(kind),
      )(sight)(model),
      TE.flatMap(utilities =>
        hasTies(utilities)
          ? pipe(
              ldaUtilities(sight)(model),
              TE.map(others => breakTies(others)(utilities)),
            )
          : TE.right(utilities),
      ),
    )
