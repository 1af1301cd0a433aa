/** Emits convolutions: forward, or the gradient of the input. */
import type { OpOf, Value } from '../../../graph/graph.js'
import { channelsOf } from '../../../net/shape.js'
import type { Sides } from '../../../net/window.js'
import { bytesOf, type Place, type Step, step } from '../planning/buffers.js'
import { type Emitted, type Locate, nth, type Preparation, padded, type Site } from './emitter.js'
import { type Packing, pack, packedFloats, packTiles, panels, tiledFloats } from './packing.js'
import { closeFrame, type Frame, groupOf, scratchOf } from './slide.js'
import { cachedStrip, frameOfTiles, isEach, stripBytes, suitsTiles, type Tiling, tilingOf } from './tiles.js'

const flag = { accumulate: 1, scale: 2, shift: 4, relu: 8, six: 16 } as const

const clampFlags = { relu: flag.relu, relu6: flag.relu + flag.six } as const

/** The epilogue of a product: what is prepared for it, its flags, and the addresses of its scales and shifts. */
interface Epilogue {
  readonly prepared: readonly Preparation[]
  readonly flags: number
  readonly ends: (at: Locate, prepared: number) => readonly [scales: number, shifts: number]
}

/** A fixed norm as a scale and a shift of each channel, one row of them after the other. */
const foldedNorm = (norm: Value & { readonly op: OpOf<'normalise'> }, inputs: readonly Place[]): Epilogue => {
  const channels = channelsOf(norm.shape)
  const row = padded(channels)
  const ends = (target: number): readonly [number, number] => [target, target + bytesOf(row)]
  return {
    prepared: [
      {
        floats: 2 * row,
        inputs,
        step: (at, target) => step('folded', channels, ...inputs.map(at), norm.op.epsilon, ...ends(target)),
      },
    ],
    flags: flag.scale + flag.shift,
    ends: (_, target) => ends(target),
  }
}

const isFixedNorm = (value: Value): value is Value & { readonly op: OpOf<'normalise'> } =>
  value.op.kind === 'normalise'

const affine = ({ finish: { behind }, finishing }: Site): Epilogue => {
  if (behind === null) return { prepared: [], flags: 0, ends: () => [0, 0] }
  return isFixedNorm(behind)
    ? foldedNorm(behind, finishing)
    : { prepared: [], flags: flag.shift, ends: at => [0, at(nth(finishing, 0))] }
}

const epilogueOf = (site: Site): Epilogue => {
  const { clamp, accumulated } = site.finish
  const { flags, ...scaled } = affine(site)
  return {
    ...scaled,
    flags: flags + (clamp === null ? 0 : clampFlags[clamp]) + (accumulated ? flag.accumulate : 0),
  }
}

export interface Convolution {
  readonly source: Place
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly frame: Frame
  readonly packing: Packing
  readonly kernel: Place
  readonly size: Sides
  readonly dilation: number
  readonly stride: Sides
  readonly images: number
  readonly rows: number
  readonly columns: number
}

/** The arguments that say where a product writes. */
const outputArgs = ({ output }: Site, { rows, columns }: Convolution, at: Locate): readonly number[] => [
  at(output),
  output.ld,
  rows,
  columns,
]

/** How a kernel is packed: the floats that takes, and the step that does it. */
interface PackedAs {
  readonly floats: (packing: Packing) => number
  readonly pack: (packing: Packing, kernel: number, packed: number) => Step
}

const inRows: PackedAs = { floats: packedFloats, pack }
const inTiles = (tiling: Tiling): PackedAs => ({ floats: tiledFloats(tiling), pack: packTiles(tiling) })

/** The step of a product, by its packed kernel and the arguments that say how its sums are finished. */
type ProductStep = (at: Locate, packed: number, finish: readonly number[]) => Step

/** A product whose kernel is packed before it. */
const packedProduct = (
  site: Site,
  { kernel, packing }: Convolution,
  as: PackedAs,
  call: ProductStep,
): Emitted => {
  const epilogue = epilogueOf(site)
  const packed: Preparation = {
    floats: as.floats(packing),
    inputs: [kernel],
    step: (at, target) => as.pack(packing, at(kernel), target),
  }
  return {
    prepared: [packed, ...epilogue.prepared],
    steps: (at, _, [packed = 0, finish = 0]) => [
      call(at, packed, [epilogue.flags, ...epilogue.ends(at, finish)]),
    ],
  }
}

/** 1×1 windows that do not stride, of all pixels as one long row. */
const pointwise = (site: Site, product: Convolution): Emitted => {
  const { source, height, width, channels, packing, images } = product
  return packedProduct(site, product, inRows, (at, packed, finish) =>
    step(
      'convolvePoints',
      images * height * width,
      ...[at(source), source.ld, channels, packed, packing.width],
      ...[at(site.output), site.output.ld, ...finish],
    ),
  )
}

const direct = (site: Site, product: Convolution): Emitted => {
  const { source, height, width, channels, packing, size, dilation, stride, images } = product
  const { top, left, apart } = product.frame
  const frame = closeFrame(product.frame)
  const group = groupOf(frame, channels, images)
  const windows = [
    ...[Number(frame.framed), frame.high, frame.wide, frame.top, frame.left],
    ...[top, left, ...apart, group],
  ]
  return {
    ...packedProduct(site, product, inRows, (at, packed, finish) =>
      step(
        'convolve',
        images * panels(packing.width),
        ...[at(source), source.ld, height, width, channels],
        ...windows,
        ...[packed, ...size, dilation, ...stride, packing.width],
        ...[...outputArgs(site, product, at), ...finish],
      ),
    ),
    scratch: scratchOf(frame, channels, group),
  }
}

/** 3×3 windows by Winograd tiles. */
const tiled = (site: Site, product: Convolution): Emitted => {
  const { source, height, width, channels, packing, images, rows, columns } = product
  const filters = packing.width
  const tiling = tilingOf(rows, columns, channels, filters)
  const frame = frameOfTiles(product.frame, tiling)
  const strip = cachedStrip(tiling, channels, filters)
  return {
    ...packedProduct(site, product, inTiles(tiling), (at, packed, finish) =>
      step(
        'convolveTiles',
        images * panels(filters),
        ...[tiling.side, at(source), source.ld, height, width, channels],
        ...[frame.high, frame.wide, frame.top, frame.left, strip, packed, filters],
        ...[...outputArgs(site, product, at), ...finish],
      ),
    ),
    scratch: stripBytes(tiling, frame, channels, filters, strip),
  }
}

const isPointwise = ({ frame, size, stride }: Convolution): boolean =>
  !frame.framed && isEach(size, 1) && isEach(stride, 1)

export const convolution = (site: Site, product: Convolution): Emitted => {
  if (isPointwise(product)) return pointwise(site, product)
  return suitsTiles(product, product.packing.width) && isEach(product.frame.apart, 1)
    ? tiled(site, product)
    : direct(site, product)
}
