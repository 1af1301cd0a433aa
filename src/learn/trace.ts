/**
 * The trace: which channels of every layer the kept discriminants rest on, found by going back from their responses.
 * It is the reverse pass of training under other rules; engines run it like any other call.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { differentiate } from '../graph/differentiate.js'
import { type Lowered, lower } from '../graph/lower.js'
import * as op from '../graph/ops.js'
import { deconvolution, gradient } from '../graph/rules.js'
import type { Graph, Value } from '../graph/value.js'
import { infer } from '../net/infer.js'
import type { Net } from '../net/layer.js'
import type { Path } from '../net/path.js'
import { channelsOf, type Shape } from '../net/shape.js'
import type { Model } from '../net/weights.js'
import { decisionOf } from '../surgery/decision.js'
import type { PruneError } from '../surgery/error.js'
import type { Utilities } from '../surgery/rank.js'
import { discriminantsOf, noMoments, powerOf, spreadOf } from './discriminants.js'
import type { LearnError } from './error.js'
import { momentsAt } from './separation.js'
import { batchesIn, gather, type Sight, using } from './sight.js'

/**
 * What flows back, and what is made of it.
 *
 * - `deconv`        the kept features' responses by deconvolution; the mean reconstruction's largest value in space
 * - `discriminant`  responses weighed by what tells their class from others; the mean of |reconstruction × response|
 * - `gradient`      the same start by true gradients; Σ over images of |mean in space of gradient × response|
 */
export type TraceKind = 'deconv' | 'discriminant' | 'gradient'

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
  if (kind === 'deconv') return kept
  return op.mul(kept, op.matmul(targets, op.input('discriminants', [channelsOf(targets.shape), size])))
}

const inSpace = (value: Value): readonly number[] => value.shape.slice(1, -1).map((_, axis) => axis + 1)

/** What one unit gives for one batch: a map to be added over batches, or a number a channel. */
const traceOf = (kind: TraceKind, signal: Value, response: Value): Value => {
  if (kind === 'deconv') return op.sum(signal, [0])
  const product = op.mul(signal, response)
  if (kind === 'discriminant') return op.sum(product, [0])
  return op.sum(op.abs(inSpace(product).length === 0 ? product : op.mean(product, inSpace(product))), [0])
}

const tracing = (kind: TraceKind, lowered: Lowered, features: Value, units: readonly Path[]): Graph => {
  const targets = op.input('targets', lowered.logits.shape)
  const responses = units.flatMap(path => lowered.at.get(path) ?? [])
  const rules = kind === 'gradient' ? gradient : deconvolution
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
        graph: tracing(kind, lowered, lowered.at.get(decision.features) ?? lowered.logits, units),
        units,
      })),
    )

/** One number a channel from a unit's summed traces: over space, the largest |mean|; `deconv` keeps its sign. */
export const utilityOf = (
  kind: TraceKind,
  shape: Shape,
  images: number,
  sums: Float64Array,
): Float64Array => {
  const channels = channelsOf(shape)
  const utility = new Float64Array(channels).fill(kind === 'gradient' ? 0 : Number.NEGATIVE_INFINITY)
  sums.forEach((sum, i) => {
    const value = kind === 'deconv' ? sum / images : Math.abs(sum) / images
    utility[i % channels] = Math.max(utility[i % channels] ?? 0, value)
  })
  return utility
}

const noSums = (graph: Graph): ReadonlyMap<Path, Float64Array> =>
  new Map(
    Object.entries(graph.outputs).map(([path, { shape }]) => [
      path,
      new Float64Array(shape.reduce((product, size) => product * size, 1)),
    ]),
  )

const addTo = (sum: Float64Array, more: Float32Array | undefined): Float64Array =>
  sum.map((value, i) => value + (more?.[i] ?? 0))

/**
 * The trace from the features `keep` marks, or from all.
 *
 * Errors  NoDecision where the net does not end in a dense layer on a vector
 */
export const traceIn =
  (sight: Sight, kind: TraceKind, keep: ((power: Float64Array) => Float32Array) | null = null) =>
  (model: Model): TE.TaskEither<LearnError, Utilities> =>
    pipe(
      TE.Do,
      TE.bind('decision', () => TE.fromEither(pipe(infer(model.net), E.flatMap(decisionOf)))),
      TE.bindW('call', () => TE.fromEither(traceCall(kind, sight.batch)(model.net))),
      TE.bindW('spread', ({ decision }) =>
        pipe(
          momentsAt(sight, [decision.features])(model),
          TE.map(found => spreadOf(found.get(decision.features) ?? noMoments(1, decision.size))),
        ),
      ),
      TE.flatMap(({ call: { graph }, spread }) =>
        using(sight, { trace: graph }, model, async session => {
          const power = powerOf(spread)
          const given = {
            keep: keep?.(power) ?? new Float32Array(power.length).fill(1),
            ...(kind !== 'deconv' && { discriminants: Float32Array.from(discriminantsOf(spread)) }),
          }
          const sums = await gather(sight, noSums(graph), batch => before => {
            const seen = session.run('trace', { images: batch.images, targets: batch.targets, ...given })
            return new Map([...before].map(([path, sum]) => [path, addTo(sum, seen[path])]))
          })
          const images = sight.batch * batchesIn(sight)
          return Object.fromEntries(
            [...sums].map(([path, sum]) => [
              path,
              utilityOf(kind, graph.outputs[path]?.shape ?? [], images, sum),
            ]),
          )
        }),
      ),
    )
