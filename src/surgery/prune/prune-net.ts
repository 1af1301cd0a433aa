/** Narrows a net and its weights to the channels kept. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { elementAt } from '../../io/element.js'
import { range, type Wiring, wiresOfAxes } from '../../net/channels/wiring.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import { allWeightSpecs } from '../../net/weight-specs.js'
import type { Model, Weights } from '../../net/weights.js'
import type { Analysis } from '../analysis/analysis.js'
import { memoize } from '../memoize.js'
import { type AxisMap, gatherAxes, type Remap } from '../remap.js'
import type { ConstrainedSelection } from './constraints/pass.js'
import { simplify } from './simplify.js'

/** The kept places of an array of wires; null where all are kept. */
const placesIn = (kept: Uint8Array): ((wires: Int32Array) => AxisMap) =>
  memoize(wires => {
    const places = range(wires.length).filter(place => kept[elementAt(wires, place)] === 1)
    return places.length === wires.length ? null : places
  })

/** Where the arrays of the narrower net come from in the old one. */
const remapOf = (wiring: Wiring, kept: Uint8Array, after: CheckedNet): Remap => {
  const places = placesIn(kept)
  return new Map(
    allWeightSpecs(after).map(({ key, slot, at, shape, trained }) => {
      const layer = after.layers.get(at)?.layer
      const axes = layer === undefined ? [] : wiresOfAxes(wiring)(at, layer, slot)
      return [
        key,
        { from: key, shape, trained, axes: axes.map(wires => (wires === null ? null : places(wires))) },
      ]
    }),
  )
}

/** By path, the old channel of each channel of the layer's output. */
const keptChannels = (
  wiring: Wiring,
  kept: Uint8Array,
  after: CheckedNet,
): Readonly<Record<Path, Int32Array>> => {
  const places = placesIn(kept)
  return Object.fromEntries(
    [...after.layers.keys()].flatMap(path => {
      const wires = wiring.out.get(path)
      return wires === undefined ? [] : [[path, places(wires) ?? range(wires.length)] as const]
    }),
  )
}

/** The arrays of a remap. Law  an unchanged array is the same array */
const gatherWeights = (remap: Remap, weights: Weights): Weights =>
  Object.fromEntries(
    [...remap].flatMap(([key, origin]) => {
      const old = weights[origin.from ?? '']
      return old === undefined ? [] : [[key, gatherAxes(origin)(old)] as const]
    }),
  )

/** A narrower net; its weights are gathered when they are asked for. */
export interface PrunedNet extends CheckedNet {
  readonly remap: () => Remap
  readonly model: () => Model
  /** By path, the old channel of each channel of the layer's output. */
  readonly channels: () => Readonly<Record<Path, Int32Array>>
}

/** What constraints leave of a net fits; where it does not, that is a defect. */
const inferNarrower = (net: Net): CheckedNet =>
  pipe(
    infer(net),
    E.getOrElse((error): CheckedNet => {
      throw new Error(`a cut leaves a net that does not fit: ${JSON.stringify(error)}`)
    }),
  )

/** Narrows a net to what constraints keep. */
export const pruneNet =
  ({ net, wiring }: Analysis, weights: Weights) =>
  (constrained: ConstrainedSelection): PrunedNet => {
    const { kept } = constrained
    const narrower = inferNarrower(simplify(wiring, constrained)(net))
    const remap = () => remapOf(wiring, kept, narrower)
    return {
      ...narrower,
      remap,
      model: () => ({ ...narrower, weights: gatherWeights(remap(), weights) }),
      channels: () => keptChannels(wiring, kept, narrower),
    }
  }
