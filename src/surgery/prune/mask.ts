/** The masked model: the net at its old size, in which no kernel reads a removed channel. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { valueAt } from '../../io/element.js'
import { type Wiring, wireNet, wiresOfAxes } from '../../net/channels/wiring.js'
import type { NetError } from '../../net/error.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import { editLayers } from '../../net/layers.js'
import { childPath, type Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer, Net, Residual } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import { full, type Model, type Tensor, type Weights } from '../../net/weights.js'
import { defaultNorm } from '../../net/words/leaves.js'
import { gatherAxes } from '../remap.js'
import type { Pruned } from './prune.js'

type Removal = Pick<Pruned, 'removed' | 'bypassed'>

/** A body with its path. */
type BodyAt = readonly [Path, Layer]

/** Behind a removed body, a batch norm whose scale and shift are 0. */
const silencer = (body: Layer): Layer => ({ _tag: 'norm', name: `${body.name}-silenced`, ...defaultNorm })

const silenceBody = (layer: Residual): Residual => ({
  ...layer,
  body: { _tag: 'stack', name: layer.body.name, layers: [layer.body, silencer(layer.body)] },
})

const silenceBodies = (net: Net, bypassed: ReadonlySet<Path>): Net =>
  bypassed.size === 0
    ? net
    : editLayers((layer, path) =>
        layer._tag === 'residual' && bypassed.has(path) ? silenceBody(layer) : layer,
      )(net)

/** The new key of a weight: a silenced body lies one name deeper; the innermost moves first. */
const moveKeys =
  (bodies: readonly BodyAt[]) =>
  (key: string): string =>
    bodies.reduce(
      (now, [path, body]) =>
        now.startsWith(`${path}/`) ? `${childPath(path, body.name)}${now.slice(path.length)}` : now,
      key,
    )

/** By wire, 1 where its channel is removed. */
const removedWires = ({ count, out }: Wiring, removed: Removal['removed']): Uint8Array => {
  const isRemoved = new Uint8Array(count)
  for (const { path, channel } of removed) {
    const each = out.get(path)?.[channel]
    if (each !== undefined) isRemoved[each] = 1
  }
  return isRemoved
}

/** Zeros in every kernel where it would read a removed channel. */
const maskKernels = ({ layers, weights }: Model, wiring: Wiring, isRemoved: Uint8Array): Weights => {
  const kernels = [...layers.values()].flatMap(({ path, layer }): readonly (readonly [string, Tensor])[] => {
    const key = weightKey(path, 'kernel')
    const kernel = weights[key]
    if (kernel === undefined || (layer._tag !== 'conv' && layer._tag !== 'dense')) return []
    const axes = wiresOfAxes(wiring)(path, layer, 'kernel')
    const places = axes.at(-2)?.map((each, i) => (isRemoved[each] === 1 ? -1 : i)) ?? null
    const sides = kernel.shape.slice(0, -2).map(() => null)
    return [[key, gatherAxes({ shape: kernel.shape, axes: [...sides, places, null] })(kernel)]]
  })
  return { ...weights, ...Object.fromEntries(kernels) }
}

/** The bodies of these residuals, the innermost first. */
const bodiesOf = ({ layers }: CheckedNet, residuals: readonly Path[]): readonly BodyAt[] =>
  residuals
    .flatMap((path): readonly BodyAt[] => {
      const layer = layers.get(path)?.layer
      return layer?._tag === 'residual' ? [[childPath(path, layer.body.name), layer.body]] : []
    })
    .toSorted(([a], [b]) => b.length - a.length)

/** The weights of a silencer of so many channels. */
const silentWeights = (at: Path, channels: number): Weights =>
  Object.fromEntries(
    (['scale', 'shift', 'mean', 'variance'] as const).map(slot => [
      weightKey(at, slot),
      full([channels], slot === 'variance' ? 1 : 0),
    ]),
  )

/**
 * The model before a pruning, in which every kernel reads zeros for the removed channels, and removed bodies add zeros.
 *
 * Errors  TooMany where what silences the bodies makes the net larger than any may be
 * Law     forward(pruned) = forward(masked)
 */
export const mask =
  ({ removed, bypassed }: Removal) =>
  (model: Model): E.Either<NetError, Model> => {
    const wiring = wireNet(model)
    const bodies = bodiesOf(model, bypassed)
    const rename = moveKeys(bodies)
    const masked = maskKernels(model, wiring, removedWires(wiring, removed))
    const old = Object.entries(masked).map(([key, tensor]) => [rename(key), tensor] as const)
    const silent = bodies.map(([path, body]) =>
      silentWeights(
        childPath(rename(path), silencer(body).name),
        channelsOf(valueAt(model.layers, path).output),
      ),
    )
    return pipe(
      infer(silenceBodies(model.net, new Set(bypassed))),
      E.map(silenced => ({ ...silenced, weights: Object.assign(Object.fromEntries(old), ...silent) })),
    )
  }
