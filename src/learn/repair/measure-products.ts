/** Measures what fits of kernels need, place by place: both nets in one program, on the same images. */

import type { Batch } from '../../data/pipeline/batches.js'
import type { Feeds, Fetched, Session } from '../../engine/engine.js'
import type { Graph, Program } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { elementAt } from '../../io/element.js'
import type { Path } from '../../net/path.js'
import { weightKey } from '../../net/weight-specs.js'
import { type Model, prefixKeys, type Weights } from '../../net/weights.js'
import { type Carried, carryAlong } from './carry.js'
import type { InputSums, PositionProducts, Products } from './fit.js'
import { type GramCall, gramOf } from './gram.js'
import { interceptSlot, type Place } from './places.js'

const wholePrefix = 'whole:'

/** A kernel of the whole net, of the outputs that its layer still has. */
const wholeKernelKey = (path: Path): string => `kept:${weightKey(path, 'kernel')}`

/** A call that goes on from what those before it have computed. */
export type PlaceCall = GramCall & Carried

/** By path, the calls of places, in the order in which they run. */
export type GramCalls = Readonly<Record<Path, PlaceCall>>

/** What may be carried along of all images together: of more, the nets run again from an earlier layer. */
const mostBytes = 2 ** 29

/** `batches`: how many there are; one alone may be measured by position. */
export const gramCalls = (
  { batch, batches }: { readonly batch: number; readonly batches: number },
  places: readonly Place[],
  { pruned, whole }: { readonly pruned: Model; readonly whole: Model },
): GramCalls => {
  const images = op.input('images', [batch, ...whole.net.input])
  const now = lower({ batch, mode: 'inference', images })(pruned)
  const before = lower({ batch, mode: 'inference', images, prefix: wholePrefix })(whole)
  const calls = places.flatMap(({ path, layer, from, wholeKernel }) => {
    const [reads, read] = [now.into.get(path), before.into.get(from)]
    const kernel = now.weights.get(weightKey(path, 'kernel'))
    if (reads === undefined || read === undefined || kernel === undefined) return []
    const kept = op.weight(wholeKernelKey(path), wholeKernel.shape)
    const inputs = { pruned: reads, kernel, whole: read, wholeKernel: kept }
    const options = { isOnlyBatch: batches === 1, hasIntercept: interceptSlot(layer) !== null }
    return [{ path, ...gramOf(layer, inputs, options) }]
  })
  return Object.fromEntries(carryAlong(calls, mostBytes / batches).map(call => [call.path, call]))
}

const changeCall = (path: Path): string => `change:${path}`

export const programOf = (calls: GramCalls): Program =>
  Object.fromEntries(
    Object.entries(calls).flatMap(([path, call]): readonly (readonly [string, Graph])[] =>
      call._tag === 'byInput'
        ? [[path, call.graph]]
        : [
            [path, call.graph],
            [changeCall(path), call.change],
          ],
    ),
  )

/** The variables of the calls; those of the pruned net change when it is fitted. */
export const variablesFor = (places: readonly Place[], pruned: Weights, whole: Weights): Weights => ({
  ...pruned,
  ...prefixKeys(wholePrefix)(whole),
  ...Object.fromEntries(places.map(({ path, wholeKernel }) => [wholeKernelKey(path), wholeKernel])),
})

const none = new Float32Array()

/** Runs a place's call on one batch, by its number. */
type RunBatch = (path: Path, call: PlaceCall, nth: number) => Fetched

/**
 * Runs calls in order: what a place computes stays with its batch for those behind it.
 *
 * Law  a call gives what it gives on the images alone
 */
export const carryingRunner = (session: Session, batches: readonly Batch[]): RunBatch => {
  const feeds: Feeds[] = batches.map(({ images }) => ({ images }))
  return (path, { keeps }, nth) => {
    const fed = feeds[nth] ?? {}
    const fetched = session.run(path, fed)
    if (keeps !== null) {
      const all = { ...fed, ...fetched }
      feeds[nth] = Object.fromEntries(['images', ...keeps].map(name => [name, all[name] ?? none]))
    }
    return fetched
  }
}

const positionProducts = (session: Session, path: Path, fetched: Fetched): PositionProducts => {
  const { gram = none, inputs = none, residuals = none, inputMeans = none, residualMeans = none } = fetched
  const multiply = (coefficients: Float32Array): Float32Array =>
    session.run(changeCall(path), { inputs, coefficients }).change ?? none
  return { _tag: 'byPosition', gram, residuals, inputMeans, residualMeans, multiply }
}

/** Adds values to sums, in place. */
const addTo = (sums: Float64Array, more: Float32Array = none): void => {
  for (let i = 0; i < more.length; i++) sums[i] = (sums[i] ?? 0) + (more[i] ?? 0)
}

const emptySums = ({ gram = none, cross = none, inputs = none, residuals = none }: Fetched): InputSums => ({
  _tag: 'byInput',
  gram: new Float64Array(gram.length),
  cross: new Float64Array(cross.length),
  inputs: new Float64Array(inputs.length),
  residuals: new Float64Array(residuals.length),
  positions: 0,
})

/** The sums of so many batches; large ones are added up in place. */
const inputSums = (fetch: (nth: number) => Fetched, batches: number): InputSums | null => {
  let sums: InputSums | null = null
  for (let nth = 0; nth < batches; nth++) {
    const fetched = fetch(nth)
    sums ??= emptySums(fetched)
    for (const name of ['gram', 'cross', 'inputs', 'residuals'] as const) addTo(sums[name], fetched[name])
    sums = { ...sums, positions: sums.positions + elementAt(fetched.positions ?? none, 0) }
  }
  return sums
}

/** A session of both nets, and so many batches. */
export interface Measuring {
  readonly session: Session
  readonly run: RunBatch
  readonly batches: number
}

/** `null` where there is no batch. */
export const measureProducts = (
  { session, run, batches }: Measuring,
  path: Path,
  call: PlaceCall,
): Products | null => {
  const fetch = (nth: number): Fetched => run(path, call, nth)
  if (call._tag === 'byInput') return inputSums(fetch, batches)
  return batches === 0 ? null : positionProducts(session, path, fetch(0))
}
