/** Fits with fewer positions than unknowns: what the images do not determine, a ridge holds where it was. */
import { valueAt } from '../../io/element.js'
import type { CheckedNet, PlacedLayer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf, sizeOf } from '../../net/shape.js'
import { sidesOf, slidesOf } from '../../net/window.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import { sampledWindow } from './gram.js'
import { fittedIn } from './places.js'

/** A layer whose outputs each have more unknowns than there are positions to fit them to. */
export interface ScarceFit {
  readonly at: Path
  /** The inputs of an output: of a convolution, the channels of its window. */
  readonly unknowns: number
  readonly positions: number
}

/** The inputs of an output, and the positions of an image at which it is fitted; `null` of a layer that is not. */
const sizeOfFit = ({ layer, input }: PlacedLayer): Omit<ScarceFit, 'at'> | null => {
  if (layer._tag === 'dense') return { unknowns: channelsOf(input), positions: 1 }
  if (layer._tag !== 'conv' || layer.groups !== 1) return null
  const { stride, dilation, padding } = sampledWindow(layer, Math.min(...input.slice(0, 2)))
  const [down, across] = slidesOf(input, {
    size: layer.kernel,
    stride: sidesOf(stride),
    dilation,
    padding,
  })
  return {
    unknowns: sizeOf(sidesOf(layer.kernel)) * channelsOf(input),
    positions: down.positions * across.positions,
  }
}

const scarceAmong = (layers: readonly PlacedLayer[], images: number): readonly ScarceFit[] =>
  layers.flatMap(placed => {
    const size = sizeOfFit(placed)
    if (size === null) return []
    const positions = images * size.positions
    return size.unknowns > positions ? [{ at: placed.path, unknowns: size.unknowns, positions }] : []
  })

/** Those of a reconstruction on so many images. */
export const scarceReconstructions = (
  images: number,
  cut: Pick<Pruned, 'model' | 'remap'>,
): readonly ScarceFit[] =>
  scarceAmong(
    fittedIn(cut).map(({ placed }) => placed),
    images,
  )

/** Whether the fit of a head on so many images is one: its features are means over space. */
export const scarceHead = (images: number, { layers }: CheckedNet, head: Path): readonly ScarceFit[] => {
  const features = channelsOf(valueAt(layers, head).input)
  return features > images ? [{ at: head, unknowns: features, positions: images }] : []
}
