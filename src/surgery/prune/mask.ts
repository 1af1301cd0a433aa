/** The certificate of a pruning: the net at its old size in which nothing reads what went. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../../net/error.js'
import { childPath, editLayers, type Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer, Net, Residual } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import { full, type Model, type Tensor, type Weights } from '../../net/weights.js'
import { defaultNorm } from '../../net/words/leaves.js'
import { type Analysis, analyse } from '../analysis/analysis.js'
import { gatherAxes } from '../remap.js'
import type { Pruned } from './prune.js'

type Cut = Pick<Pruned, 'removed' | 'bypassed'>

/** Behind a body that went, a batch norm whose scale and shift are 0. */
const silencer = (body: Layer): Layer => ({ _tag: 'norm', name: `${body.name}-silenced`, ...defaultNorm })

const silenced = (layer: Residual): Residual => ({
  ...layer,
  body: { _tag: 'stack', name: layer.body.name, layers: [layer.body, silencer(layer.body)] },
})

const silencedNet = (net: Net, bypassed: ReadonlySet<Path>): Net =>
  bypassed.size === 0
    ? net
    : editLayers((layer, path) =>
        layer._tag === 'residual' && bypassed.has(path) ? silenced(layer) : layer,
      )(net)

/** A silenced body lies one name deeper; the innermost moves first. */
const moved =
  (bodies: readonly (readonly [Path, Layer])[]) =>
  (key: string): string =>
    bodies.reduce(
      (now, [path, body]) =>
        now.startsWith(`${path}/`) ? `${childPath(path, body.name)}${now.slice(path.length)}` : now,
      key,
    )

const unread =
  ({ wiring, inferred }: Analysis, gone: Uint8Array) =>
  (weights: Weights): Weights => {
    const kernels = [...inferred.values()].flatMap(
      ({ path, layer }): readonly (readonly [string, Tensor])[] => {
        const key = weightKey(path, 'kernel')
        const kernel = weights[key]
        if (kernel === undefined || (layer._tag !== 'conv' && layer._tag !== 'dense')) return []
        const places = (wiring.into.get(path) ?? new Int32Array()).map((each, i) =>
          gone[each] === 1 ? -1 : i,
        )
        const sides = kernel.shape.slice(0, -2).map(() => null)
        return [[key, gatherAxes({ shape: kernel.shape, axes: [...sides, places, null] })(kernel)]]
      },
    )
    return { ...weights, ...Object.fromEntries(kernels) }
  }

const masked =
  ({ weights }: Model, { removed, bypassed }: Cut) =>
  (anatomy: Analysis): Model => {
    const { net, inferred, wiring } = anatomy
    const gone = new Uint8Array(wiring.count)
    for (const { path, channel } of removed) {
      const each = wiring.out.get(path)?.[channel]
      if (each !== undefined) gone[each] = 1
    }
    const bodies = bypassed
      .flatMap(path => {
        const layer = inferred.get(path)?.layer
        return layer?._tag === 'residual' ? [[childPath(path, layer.body.name), layer.body] as const] : []
      })
      .toSorted(([a], [b]) => b.length - a.length)
    const rename = moved(bodies)
    const old = Object.entries(unread(anatomy, gone)(weights)).map(
      ([key, tensor]) => [rename(key), tensor] as const,
    )
    const silent = bodies.flatMap(([path, body]) => {
      const shape = [channelsOf(inferred.get(path)?.output ?? [])]
      const place = childPath(rename(path), silencer(body).name)
      return (['scale', 'shift', 'mean', 'variance'] as const).map(
        slot => [weightKey(place, slot), full(shape, slot === 'variance' ? 1 : 0)] as const,
      )
    })
    return {
      net: silencedNet(net, new Set(bypassed)),
      weights: Object.fromEntries([...old, ...silent]),
    }
  }

/**
 * What a pruning claims to be: the model before it, in which every kernel takes nothing from the channels that went,
 * and the bodies that went add nothing.
 *
 * Law  forward(pruned) = forward(masked)
 */
export const mask =
  (cut: Cut) =>
  (model: Model): E.Either<NetError, Model> =>
    pipe(analyse(model.net), E.map(masked(model, cut)))
