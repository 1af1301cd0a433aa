/** A module made wide enough to pass its input on, along the way that costs the fewest parameters. */
import * as E from 'fp-ts/lib/Either.js'
import { countMacs, countParams } from '../../net/counts.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import { fold } from '../../net/interpret.js'
import { editLayers } from '../../net/layers.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer, Net } from '../../net/tree.js'

/** A layer that got more channels than were asked for. */
export interface WidenedLayer {
  readonly at: Path
  readonly from: number
  readonly to: number
}

/** What it takes that growing is exact: the layers that are wider than asked for, and what that adds to the net. */
export interface ExactCost {
  readonly widened: readonly WidenedLayer[]
  readonly params: number
  readonly macs: number
}

/** A module that passes its input on, in its net. */
export interface WidenedModule<P> {
  readonly net: Net
  readonly passage: P
  readonly cost: ExactCost
}

/** Ways through a module that are tried at most: nets of branches behind branches have very many. */
const mostWays = 64

const joinWays = (ways: readonly (readonly Path[])[], more: readonly (readonly Path[])[]) =>
  ways.flatMap(way => more.map(other => [...way, ...other])).slice(0, mostWays)

/** The layers on each way through a layer: along one branch of a concat, along the shortcut of a residual. */
const waysThrough = fold<readonly (readonly Path[])[]>({
  leaf: (_leaf, path) => [[path]],
  stack: layers => layers.reduce(joinWays, [[]]),
  concat: branches => branches.flat().slice(0, mostWays),
  residual: (_body, shortcut) => shortcut,
  gate: () => [],
})

const widthOf = (layer: Layer): number | null =>
  layer._tag === 'conv' ? layer.filters : layer._tag === 'dense' ? layer.units : null

const withWidth = (layer: Layer, channels: number): Layer =>
  layer._tag === 'conv'
    ? { ...layer, filters: channels }
    : layer._tag === 'dense'
      ? { ...layer, units: channels }
      : layer

/** The layers of a way that are narrower than `channels`. */
const narrowIn = (way: readonly Path[], { layers }: CheckedNet, channels: number): readonly WidenedLayer[] =>
  way.flatMap(at => {
    const layer = layers.get(at)?.layer
    const from = layer === undefined ? null : widthOf(layer)
    return from === null || from >= channels ? [] : [{ at, from, to: channels }]
  })

const widenLayers = (net: Net, widened: readonly WidenedLayer[]): Net =>
  editLayers((layer, path) => {
    const to = widened.find(({ at }) => at === path)?.to
    return to === undefined ? layer : withWidth(layer, to)
  })(net)

/** The net with all of a way wide enough, where it fits and the input passes. */
const widenWay = <P>(
  asked: CheckedNet,
  widened: readonly WidenedLayer[],
  findPassage: (net: CheckedNet) => P | null,
): readonly WidenedModule<P>[] => {
  const net = widenLayers(asked.net, widened)
  const checked = infer(net)
  const passage = E.isRight(checked) ? findPassage(checked.right) : null
  if (E.isLeft(checked) || passage === null) return []
  const params = countParams(checked.right) - countParams(asked)
  const macs = countMacs(checked.right) - countMacs(asked)
  return [{ net, passage, cost: { widened, params, macs } }]
}

/**
 * The net whose module at a path is as wide as its input along one way through it, and so can pass it on; `null`
 * where no way can.
 *
 * Law  no layer is narrower than asked for, and none off the way is wider
 */
export const widenModule =
  <P>(asked: CheckedNet, findPassage: (net: CheckedNet) => P | null) =>
  (module: Layer, at: Path): WidenedModule<P> | null => {
    const channels = channelsOf(asked.layers.get(at)?.input ?? [])
    return waysThrough(module, at)
      .flatMap(way => widenWay(asked, narrowIn(way, asked, channels), findPassage))
      .reduce<WidenedModule<P> | null>(
        (best, each) => (best === null || each.cost.params < best.cost.params ? each : best),
        null,
      )
  }
