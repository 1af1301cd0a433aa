/** A net after growing, before its weights: the tree, what passes through it, and which layer is which. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Inferred, infer } from '../../net/infer.js'
import { editLayers, type Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Activation, Layer, Net } from '../../net/tree.js'
import { analyse } from '../analysis/analysis.js'
import { boundsInto } from '../analysis/bounds.js'
import type { GrowError } from '../error.js'
import { insertLayer, originPath, type Placement } from './insert-layer.js'
import type { LayerMatch } from './match-channels.js'
import type { Growth } from './options.js'
import { findPassthrough, type Passthrough } from './passthrough.js'
import { widen } from './widen.js'

/** Why a grown model computes something else than before. */
export type Inexact =
  /** The new module has no way to pass on all the channels that come in. */
  | { readonly _tag: 'NoPassage'; readonly at: Path; readonly channels: number }
  /** It was asked for. */
  | { readonly _tag: 'Sparked' }
  | { readonly _tag: 'Fresh' }

export interface Insertion extends LayerMatch {
  readonly net: Net
  readonly inferred: Inferred
  /** The new layer, or those that are wider. */
  readonly grown: readonly Path[]
  /** New layers that lost their activation to let pass what comes in. */
  readonly linear: readonly Path[]
  readonly inexact: Inexact | null
  readonly moved: Placement['moved']
}

const fitting = (net: Net): E.Either<GrowError, Inferred> => infer(net)

const wider = (net: Net, at: Path, by: number): E.Either<GrowError, Insertion> =>
  pipe(
    analyse(net),
    E.flatMap(widen(at, by)),
    E.bindTo('wide'),
    E.bind('inferred', ({ wide }) => fitting(wide.net)),
    E.map(({ wide, inferred }) => ({
      net: wide.net,
      inferred,
      grown: wide.widened,
      linear: [],
      inexact: null,
      moved: null,
      originOf: path => path,
      passage: null,
      isStrange: () => false,
    })),
  )

const activationOf = (layer: Layer | undefined): Activation | null =>
  layer !== undefined && 'activation' in layer ? layer.activation : null

/** Nothing of a branch was there before, and nothing has to pass. */
const branched = ({ net, at, moved }: Placement, inferred: Inferred): Insertion => {
  const origin = originPath({ at, moved })
  return {
    net,
    inferred,
    grown: [at],
    linear: [],
    inexact: null,
    moved,
    originOf: origin,
    passage: null,
    isStrange: path => origin(path) === null,
  }
}

/** No way through: what comes in reaches what comes after only where single channels are handed on. */
const blocked = (placement: Placement, inferred: Inferred): Insertion => ({
  ...branched(placement, inferred),
  isStrange: () => false,
  inexact: {
    _tag: 'NoPassage',
    at: placement.at,
    channels: channelsOf(inferred.get(placement.at)?.input ?? []),
  },
})

const passed = (
  placement: Placement,
  before: Inferred,
  passage: Passthrough,
): E.Either<GrowError, Insertion> => {
  const { at } = placement
  const net = editLayers((layer, path) => (path === at ? passage.module : layer))(placement.net)
  const origin = originPath(placement)
  return pipe(
    fitting(net),
    E.map(inferred => ({
      ...branched({ ...placement, net }, inferred),
      linear: [...passage.way].filter(
        path => activationOf(before.get(path)?.layer) !== activationOf(inferred.get(path)?.layer),
      ),
      passage,
      isStrange: path => origin(path) === null && !passage.way.has(path),
    })),
  )
}

/** A new module that passes on what comes in, where it can and it is wished. */
const inserted = (
  placement: Placement,
  inferred: Inferred,
  passing: boolean,
): E.Either<GrowError, Insertion> => {
  const [placed, bounds] = [inferred.get(placement.at), boundsInto(placement.net).get(placement.at)]
  const passage =
    placed === undefined || bounds === undefined || !passing
      ? null
      : findPassthrough(inferred, bounds)(placed.layer, placement.at)
  return passage === null ? E.right(blocked(placement, inferred)) : passed(placement, inferred, passage)
}

/**
 * Grows the tree.
 *
 * Errors  UnknownPath, WrongPlace, WrongOption, Tied, NothingToWiden; those of `infer` where the new part does not fit
 */
export const insertGrowth =
  (growth: Growth, passing: boolean) =>
  (net: Net): E.Either<GrowError, Insertion> =>
    'widen' in growth
      ? wider(net, growth.widen, growth.by)
      : pipe(
          insertLayer(growth)(net),
          E.bindTo('placement'),
          E.bind('inferred', ({ placement }) => fitting(placement.net)),
          E.flatMap(({ placement, inferred }) =>
            'to' in growth ? E.right(branched(placement, inferred)) : inserted(placement, inferred, passing),
          ),
        )
