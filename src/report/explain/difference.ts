/** Two nets side by side, layer by layer. */
import { countLayers, countMacs, countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { mergeStates, unitsIn } from '../espalier/limb.js'
import { kindText } from '../tables/describe.js'
import { table } from '../tables/table.js'
import { thousands } from '../text/numbers.js'

/** A layer in one net; `null` where it is not there. */
interface Side {
  readonly kind: string
  readonly channels: number
  readonly params: number
  readonly macs: number
}

export interface LayerDifference {
  readonly path: Path
  readonly change: 'same' | 'changed' | 'removed' | 'added'
  readonly before: Side | null
  readonly after: Side | null
}

export interface NetDifference {
  readonly before: { readonly name: string; readonly params: number; readonly macs: number }
  readonly after: { readonly name: string; readonly params: number; readonly macs: number }
  readonly layers: readonly LayerDifference[]
}

const sidesOf = (net: CheckedNet): ReadonlyMap<Path, Side> =>
  new Map(
    countLayers(net).map(({ path, layer, output, params, macs }) => [
      path,
      { kind: kindText(layer), channels: channelsOf(output), params, macs },
    ]),
  )

const isSame = (a: Side, b: Side): boolean => JSON.stringify(a) === JSON.stringify(b)

const changeOf = (before: Side | null, after: Side | null): LayerDifference['change'] => {
  if (before === null) return 'added'
  if (after === null) return 'removed'
  return isSame(before, after) ? 'same' : 'changed'
}

const totalsOf = (net: CheckedNet): NetDifference['before'] => ({
  name: net.net.name,
  params: countParams(net),
  macs: countMacs(net),
})

/** The layers with weights of their own of both nets, in the order of computation. */
export const netDifference = (before: CheckedNet, after: CheckedNet): NetDifference => {
  const root = mergeStates({ first: before, before, now: after })
  const [was, is] = [sidesOf(before), sidesOf(after)]
  return {
    before: totalsOf(before),
    after: totalsOf(after),
    layers: (root === null ? [] : unitsIn(root)).map(({ path }) => {
      const sides = [was.get(path) ?? null, is.get(path) ?? null] as const
      return { path, change: changeOf(...sides), before: sides[0], after: sides[1] }
    }),
  }
}

/** 12 → 8, or 12 where they are equal */
const arrow = (before: number | undefined, after: number | undefined): string =>
  before === after
    ? thousands(before ?? 0)
    : `${before === undefined ? '·' : thousands(before)} → ${after === undefined ? '·' : thousands(after)}`

const rowOf = ({ path, change, before, after }: LayerDifference): readonly string[] => [
  path,
  (after ?? before)?.kind.replace(/,? ?\d+$/, '') ?? '',
  arrow(before?.channels, after?.channels),
  arrow(before?.params, after?.params),
  arrow(before?.macs, after?.macs),
  change === 'same' ? '' : change,
]

export const differenceText = ({ before, after, layers }: NetDifference): string => {
  const total = ['total', '', '', arrow(before.params, after.params), arrow(before.macs, after.macs), '']
  return table(['layer', 'kind', 'channels', 'parameters', 'MACs', 'change'], [...layers.map(rowOf), total])
}
