/** The masked model: the net at its old size, in which no kernel reads a removed channel. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../../net/error.js'
import { childPath, editLayers, type Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer, Net, Residual } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import { full, type Model, type Tensor, type Weights } from '../../net/weights.js'
import { wiresOfAxes } from '../../net/wiring.js'
import { defaultNorm } from '../../net/words/leaves.js'
import { type Analysis, analyse } from '../analysis/analysis.js'
import { gatherAxes } from '../remap.js'
import type { Pruned } from './prune.js'

type Removal = Pick<Pruned, 'removed' | 'bypassed'>

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
  (bodies: readonly (readonly [Path, Layer])[]) =>
  (key: string): string =>
    bodies.reduce(
      (now, [path, body]) =>
        now.startsWith(`${path}/`) ? `${childPath(path, body.name)}${now.slice(path.length)}` : now,
      key,
    )

/** Zeros in every kernel where it would read a removed channel. */
const maskKernels =
  ({ wiring, inferred }: Analysis, isRemoved: Uint8Array) =>
  (weights: Weights): Weights => {
    const kernels = [...inferred.values()].flatMap(
      ({ path, layer }): readonly (readonly [string, Tensor])[] => {
        const key = weightKey(path, 'kernel')
        const kernel = weights[key]
        if (kernel === undefined || (layer._tag !== 'conv' && layer._tag !== 'dense')) return []
        const axes = wiresOfAxes(wiring)(path, layer, 'kernel')
        const places = axes.at(-2)?.map((each, i) => (isRemoved[each] === 1 ? -1 : i)) ?? null
        const sides = kernel.shape.slice(0, -2).map(() => null)
        return [[key, gatherAxes({ shape: kernel.shape, axes: [...sides, places, null] })(kernel)]]
      },
    )
    return { ...weights, ...Object.fromEntries(kernels) }
  }

const maskModel =
  ({ weights }: Model, { removed, bypassed }: Removal) =>
  (analysis: Analysis): Model => {
    const { net, inferred, wiring } = analysis
    const isRemoved = new Uint8Array(wiring.count)
    for (const { path, channel } of removed) {
      const each = wiring.out.get(path)?.[channel]
      if (each !== undefined) isRemoved[each] = 1
    }
    const bodies = bypassed
      .flatMap(path => {
        const layer = inferred.get(path)?.layer
        return layer?._tag === 'residual' ? [[childPath(path, layer.body.name), layer.body] as const] : []
      })
      .toSorted(([a], [b]) => b.length - a.length)
    const rename = moveKeys(bodies)
    const old = Object.entries(maskKernels(analysis, isRemoved)(weights)).map(
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
      net: silenceBodies(net, new Set(bypassed)),
      weights: Object.fromEntries([...old, ...silent]),
    }
  }

/**
 * The model before a pruning, in which every kernel reads zeros for the removed channels, and removed bodies add zeros.
 *
 * Law  forward(pruned) = forward(masked)
 */
export const mask =
  (cut: Removal) =>
  (model: Model): E.Either<NetError, Model> =>
    pipe(analyse(model.net), E.map(maskModel(model, cut)))
