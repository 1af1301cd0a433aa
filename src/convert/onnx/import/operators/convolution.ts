/** Conv: a convolution, one filter a channel, or a dense layer where the map has one position. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf, type Shape, sizeOf } from '../../../../net/shape.js'
import { transposeNumbers } from '../arrays.js'
import { type Constant, floatsOf } from '../constant.js'
import type { LeafWeights, MakeTensor } from '../draft.js'
import { isPoint, mapInput } from '../layout.js'
import type { Read, Site } from '../site.js'
import type { Live } from '../value.js'
import { channelsFirst, withChannels } from '../view.js'
import { extentOf, windowOf } from './window.js'

/** What a product is before a norm or an activation joins it. */
export const bareUnit = (bias: boolean) => ({ name: '', bias, norm: null, activation: null })

/** A constant's numbers as they are, in single precision. */
const plainTensor =
  (shape: Shape, constant: Constant): MakeTensor =>
  () => ({ shape, data: floatsOf(constant) })

/** [out, in, height, width] → [height, width, in, out], or depthwise [height, width, channels, 1]. */
const kernelTensor =
  (constant: Constant, order: readonly number[]): MakeTensor =>
  () => ({
    shape: order.map(axis => constant.dims[axis] ?? 1),
    data: transposeNumbers(floatsOf(constant), constant.dims, order),
  })

interface Kernel {
  readonly constant: Constant
  readonly filters: number
  readonly sides: readonly [height: number, width: number]
  readonly groups: number
}

const kernelInput = (site: Site, channels: number): Read<Kernel> =>
  pipe(
    site.weight(1),
    E.flatMap((constant): Read<Kernel> => {
      const [filters = 0, inputs = 0, height = 0, width = 0] = constant.dims
      const groups = site.int('group', 1)
      const fits =
        constant.dims.length === 4 && sizeOf(constant.dims) > 0 && groups > 0 && inputs * groups === channels
      return fits && filters % groups === 0
        ? E.right({ constant, filters, sides: [height, width], groups })
        : site.differs(
            'input 1',
            `a kernel of [filters, ${channels} / ${groups}, height, width], filters in ${groups} groups`,
            constant.dims.join(' × ') || 'a number',
          )
    }),
  )

/** The bias of so many channels; null where there is none. */
const biasInput = (site: Site, nth: number, channels: number): Read<Constant | null> =>
  site.hasInput(nth) ? site.vector(nth, channels, `a bias of ${channels}`) : E.right(null)

const biasWeight = (bias: Constant | null): LeafWeights =>
  bias === null ? {} : { bias: plainTensor([sizeOf(bias.dims)], bias) }

const addPointwise = (
  site: Site,
  from: Live,
  { constant, filters, sides, groups }: Kernel,
  bias: Constant | null,
): Read<Live> =>
  sizeOf(sides) === 1 && groups === 1
    ? E.right(
        site.draft.addLeaf(
          site.node,
          from,
          { _tag: 'dense', units: filters, ...bareUnit(bias !== null) },
          {
            kernel: () => ({
              shape: [channelsOf(from.shape), filters],
              data: transposeNumbers(floatsOf(constant), constant.dims.slice(0, 2), [1, 0]),
            }),
            ...biasWeight(bias),
          },
          { shape: [filters], view: withChannels(from.view, 1, 0, filters) },
        ),
      )
    : site.differs('kernel_shape', '1 × 1 in one group on a map of one position', sides.join(' × '))

const addWindowed = (site: Site, from: Live, kernel: Kernel, bias: Constant | null): Read<Live> => {
  const { constant, filters, sides, groups } = kernel
  const [height = 0, width = 0, channels = 0] = from.shape
  const isDepthwise = groups > 1 && groups === channels && filters === channels
  return pipe(
    windowOf(site, [height, width], sides),
    E.map(({ stride, dilation, padding, output }) => {
      const shape = [...output, filters]
      const window = { kernel: extentOf(sides), stride, dilation, padding, ...bareUnit(bias !== null) }
      return site.draft.addLeaf(
        site.node,
        from,
        isDepthwise ? { _tag: 'depthwise', ...window } : { _tag: 'conv', filters, groups, ...window },
        { kernel: kernelTensor(constant, isDepthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]), ...biasWeight(bias) },
        { shape, view: channelsFirst(site.batch, shape) },
      )
    }),
  )
}

/** Shapes  [n, c, h, w] and a kernel [f, c/groups, h, w] → [n, f, h′, w′] */
export const conv = (site: Site): Read<readonly Live[]> =>
  pipe(
    E.Do,
    E.bind('from', () => mapInput(site)),
    E.bind('kernel', ({ from }) => kernelInput(site, channelsOf(from.shape))),
    E.bind('bias', ({ kernel }) => biasInput(site, 2, kernel.filters)),
    E.flatMap(({ from, kernel, bias }) =>
      (isPoint(from) ? addPointwise : addWindowed)(site, from, kernel, bias),
    ),
    E.map(output => [output]),
  )
