/** The tree of a grown net, before its weights: what passes through the new part, and where each layer comes from. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type CheckedNet, infer, type PlacedLayer } from '../../net/infer.js'
import { editLayers } from '../../net/layers.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer, Net } from '../../net/tree.js'
import { analyse } from '../analysis/analysis.js'
import { boundsInto } from '../analysis/bounds.js'
import type { GrowError } from '../error.js'
import type { Unpreserved } from './inexact.js'
import { insertLayer, originPath, type Placement } from './insert-layer.js'
import type { LayerMatch } from './match-channels.js'
import type { Growth } from './options.js'
import { findPassthrough, type Passthrough } from './passthrough.js'
import { widen } from './widen.js'
import { type ExactCost, widenModule } from './widen-module.js'

/** Whether what a layer makes of one channel depends on the others, and no kernel says how. */
const mixesChannels = (layer: Layer): boolean =>
  layer._tag === 'layerNorm' || (layer._tag === 'own' && layer.channels === 'mixed')

/** The first such layer that reads more channels than before; null where none does. */
export const findNormalised = (before: CheckedNet, { layers, originOf }: Insertion): Unpreserved | null => {
  const widthOf = (placed: PlacedLayer | undefined): number => channelsOf(placed?.input ?? [])
  const found = [...layers.values()].find(placed => {
    const origin = originOf(placed.path)
    return (
      mixesChannels(placed.layer) && origin !== null && widthOf(before.layers.get(origin)) !== widthOf(placed)
    )
  })
  return found === undefined ? null : { _tag: 'Normalised', at: found.path }
}

export interface Insertion extends LayerMatch, CheckedNet {
  /** The new layer, or those that are wider. */
  readonly grown: readonly Path[]
  /** New layers that lost their activation, so that they pass their input on. */
  readonly linear: readonly Path[]
  readonly inexact: Unpreserved | null
  /** What had to be wider than asked for, so that growing is exact; null where nothing had. */
  readonly exactCost: ExactCost | null
  readonly moved: Placement['moved']
}

const inferGrown = (net: Net): E.Either<GrowError, CheckedNet> => infer(net)

const widenAt = (net: CheckedNet, at: Path, by: number): E.Either<GrowError, Insertion> =>
  pipe(
    widen(at, by)(analyse(net)),
    E.bindTo('wider'),
    E.bind('inferred', ({ wider }) => inferGrown(wider.net)),
    E.map(({ wider, inferred }) => ({
      ...inferred,
      grown: wider.widened,
      linear: [],
      inexact: null,
      exactCost: null,
      moved: null,
      originOf: path => path,
      passage: null,
      isStrange: () => false,
      groupsOf: wider.groupsOf,
    })),
  )

/** A new branch: it has no origin, and need not pass anything on. */
const insertBranch = ({ at, moved }: Pick<Placement, 'at' | 'moved'>, inferred: CheckedNet): Insertion => {
  const originOf = originPath({ at, moved })
  return {
    ...inferred,
    grown: [at],
    linear: [],
    inexact: null,
    exactCost: null,
    moved,
    originOf,
    passage: null,
    isStrange: path => originOf(path) === null,
    groupsOf: () => 1,
  }
}

/** A module that cannot pass its input on: the layers behind it read old channels only where it hands on single ones. */
const insertBlocking = (placement: Placement, inferred: CheckedNet): Insertion => ({
  ...insertBranch(placement, inferred),
  isStrange: () => false,
  inexact: {
    _tag: 'NoPassthrough',
    at: placement.at,
    channels: channelsOf(inferred.layers.get(placement.at)?.input ?? []),
  },
})

const withoutActivation = (layer: Layer): Layer =>
  layer._tag === 'activate' || !('activation' in layer) ? layer : { ...layer, activation: null }

const insertPassing = (placement: Placement, passage: Passthrough): E.Either<GrowError, Insertion> => {
  const { linear, way } = passage
  const net = editLayers((layer, path) => (linear.includes(path) ? withoutActivation(layer) : layer))(
    placement.net,
  )
  const originOf = originPath(placement)
  return pipe(
    inferGrown(net),
    E.map(inferred => ({
      ...insertBranch(placement, inferred),
      linear,
      passage,
      isStrange: path => originOf(path) === null && !way.has(path),
    })),
  )
}

/** How a module is inserted: whether it may pass its input on, and whether it must, be it made wider. */
export interface PassOptions {
  readonly passing: boolean
  readonly exact: boolean
}

const passageIn =
  ({ at }: Placement) =>
  (inferred: CheckedNet): Passthrough | null => {
    const [placed, bounds] = [inferred.layers.get(at), boundsInto(inferred).get(at)]
    return placed === undefined || bounds === undefined
      ? null
      : findPassthrough(inferred, bounds)(placed.layer, at)
  }

/** A module made wider, so that it passes its input on; as it is where that does not help. */
const insertWidened = (placement: Placement, asked: CheckedNet): E.Either<GrowError, Insertion> => {
  const module = asked.layers.get(placement.at)?.layer
  const wider = module === undefined ? null : widenModule(asked, passageIn(placement))(module, placement.at)
  return wider === null
    ? E.right(insertBlocking(placement, asked))
    : pipe(
        insertPassing({ ...placement, net: wider.net }, wider.passage),
        E.map(insertion => ({ ...insertion, exactCost: wider.cost })),
      )
}

/** A new module that passes its input on, where it can and that is asked for. */
const insertModule = (
  placement: Placement,
  inferred: CheckedNet,
  { passing, exact }: PassOptions,
): E.Either<GrowError, Insertion> => {
  const passage = passing ? passageIn(placement)(inferred) : null
  if (passage !== null) return insertPassing(placement, passage)
  return exact ? insertWidened(placement, inferred) : E.right(insertBlocking(placement, inferred))
}

/** Errors  NotExact where growing must preserve the function, and does not */
const requireExact = (
  before: CheckedNet,
  after: Insertion,
  { exact }: PassOptions,
): E.Either<GrowError, void> => {
  const why = exact ? (after.inexact ?? findNormalised(before, after)) : null
  return why === null
    ? E.right(undefined)
    : E.left({ _tag: 'NotExact', at: after.grown[0] ?? '', why, widened: true })
}

/**
 * Grows the tree.
 *
 * Errors  UnknownPath, WrongPlace, WrongOption, Tied, NothingToWiden; NotExact; those of `infer` where the new part does
 *         not fit
 */
export const insertGrowth =
  (growth: Growth, options: PassOptions) =>
  (net: CheckedNet): E.Either<GrowError, Insertion> =>
    pipe(
      'widen' in growth
        ? widenAt(net, growth.widen, growth.by)
        : pipe(
            insertLayer(growth)(net.net),
            E.bindTo('placement'),
            E.bind('inferred', ({ placement }) => inferGrown(placement.net)),
            E.flatMap(({ placement, inferred }) =>
              'to' in growth
                ? E.right(insertBranch(placement, inferred))
                : insertModule(placement, inferred, options),
            ),
          ),
      E.tap(after => requireExact(net, after, options)),
    )
