/** Windows of convolutions and pools: sizes, strides, dilations and paddings in ONNX's attributes. */
import * as E from 'fp-ts/lib/Either.js'
import type { Extent, Padding } from '../../../../net/tree.js'
import type { Read, Site } from '../site.js'

type Pair = readonly [height: number, width: number]

/** A window over one side of a map. */
interface Side {
  readonly length: number
  readonly size: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly after: number
  readonly positions: number
}

/** A window as layers here have it, and the sides of the map that it gives. */
export interface WindowOptions {
  readonly stride: Extent
  readonly dilation: number
  readonly padding: Padding
  readonly output: Pair
  /** Whether windows reach behind the padding, as in `ceil_mode`. */
  readonly reachesOut: boolean
}

const pairAttribute = (site: Site, name: string): Read<Pair> => {
  const [height = 1, width = 1, ...more] = site.ints(name) ?? []
  return more.length === 0 && [height, width].every(each => Number.isSafeInteger(each) && each > 0)
    ? E.right([height, width])
    : site.differs(name, 'two whole numbers > 0', `${[height, width, ...more]}`)
}

/** [top, left, bottom, right], as ONNX has it. */
const padsAttribute = (site: Site): Read<readonly number[]> => {
  const pads = site.ints('pads') ?? [0, 0, 0, 0]
  return pads.length === 4 && pads.every(each => Number.isSafeInteger(each) && each >= 0)
    ? E.right(pads)
    : site.differs('pads', 'four whole numbers ≥ 0', `${pads}`)
}

export const extentOf = ([height, width]: Pair): Extent => (height === width ? height : [height, width])

const spanOf = ({ size, dilation }: Pick<Side, 'size' | 'dilation'>): number => dilation * (size - 1) + 1

type BareSide = Omit<Side, 'before' | 'after' | 'positions'>

const samePads = (side: BareSide): Pair => {
  const positions = Math.ceil(side.length / side.stride)
  const total = Math.max((positions - 1) * side.stride + spanOf(side) - side.length, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/** Positions of a window; with `ceil` the last may reach out, if it begins on the map or in the padding before it. */
const positionsOf = (side: BareSide, [before, after]: Pair, ceil: boolean): number => {
  const room = (side.length + before + after - spanOf(side)) / side.stride
  const most = Math.ceil(room) + 1
  if (!ceil) return Math.floor(room) + 1
  return (most - 1) * side.stride >= side.length + before ? most - 1 : most
}

const sideOf = (side: BareSide, pads: Pair, ceil: boolean): Side => {
  const positions = positionsOf(side, pads, ceil)
  const missing = (positions - 1) * side.stride + spanOf(side) - side.length - pads[0]
  return { ...side, before: pads[0], after: ceil ? Math.max(pads[1], missing) : pads[1], positions }
}

const padsOf = (autoPad: string, side: BareSide, given: Pair): Pair => {
  const [less, more] = samePads(side)
  if (autoPad === 'SAME_UPPER') return [less, more]
  if (autoPad === 'SAME_LOWER') return [more, less]
  return autoPad === 'VALID' ? [0, 0] : given
}

const isSame = (side: Side): boolean => {
  const [before, after] = samePads(side)
  return side.before === before && side.after === after
}

/** The plainest padding with these ends. */
const paddingOf = (high: Side, wide: Side): Padding => {
  const ends = [high.before, high.after, wide.before, wide.after] as const
  const isEven = ends.every(end => end === ends[0])
  if (isEven && ends[0] === 0) return 'valid'
  const isUnit = high.stride === 1 && wide.stride === 1
  if (isSame(high) && isSame(wide) && (isUnit || !isEven)) return 'same'
  return isEven ? ends[0] : ends
}

/** One dilation for both sides; a side of one position has any. */
const dilationOf = (site: Site, high: Side, wide: Side): Read<number> => {
  const dilations = [high, wide].filter(({ size }) => size > 1).map(({ dilation }) => dilation)
  const [first = 1] = dilations
  return dilations.every(each => each === first)
    ? E.right(first)
    : site.differs('dilations', 'one for both sides', `${dilations}`)
}

const optionsOf = (site: Site, high: Side, wide: Side, given: Pair): Read<WindowOptions> =>
  E.map((dilation: number) => ({
    stride: extentOf([high.stride, wide.stride]),
    dilation,
    padding: paddingOf(high, wide),
    output: [high.positions, wide.positions] as const,
    reachesOut: high.after > given[0] || wide.after > given[1],
  }))(dilationOf(site, high, wide))

const autoPads = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']

/** The window of this size over a map of these sides. */
export const windowOf = (site: Site, [height, width]: Pair, size: Pair): Read<WindowOptions> => {
  const [strides, dilations, pads] = [
    pairAttribute(site, 'strides'),
    pairAttribute(site, 'dilations'),
    padsAttribute(site),
  ]
  if (E.isLeft(strides)) return strides
  if (E.isLeft(dilations)) return dilations
  if (E.isLeft(pads)) return pads
  const autoPad = site.text('auto_pad', 'NOTSET')
  if (!autoPads.includes(autoPad)) return site.differs('auto_pad', autoPads.join(' or '), autoPad)
  const ceil = site.int('ceil_mode', 0) === 1 && autoPad === 'NOTSET'
  const [top = 0, left = 0, bottom = 0, right = 0] = pads.right
  const side = (nth: 0 | 1, length: number, given: Pair): Side => {
    const bare = { length, size: size[nth], stride: strides.right[nth], dilation: dilations.right[nth] }
    return sideOf(bare, padsOf(autoPad, bare, given), ceil)
  }
  const [high, wide] = [side(0, height, [top, bottom]), side(1, width, [left, right])]
  return optionsOf(site, high, wide, ceil ? [bottom, right] : [high.after, wide.after])
}

/** The attribute `kernel_shape`, where it must be. */
export const kernelShape = (site: Site): Read<Pair> =>
  site.ints('kernel_shape') === null
    ? site.differs('kernel_shape', 'two whole numbers > 0', 'none')
    : pairAttribute(site, 'kernel_shape')
