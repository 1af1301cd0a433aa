/** Values as operators read them: maps with channels first, and their sides. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import { inputInOrder } from './shape-layers.js'
import type { Read, Site } from './site.js'
import type { Live } from './value.js'
import { channelsFirst, dimsOf, sameView, type View, viewOf } from './view.js'

/** [n, channels, 1, 1], as a pooled map is seen. */
const pointView = (batch: number, shape: Shape): View => [...viewOf(batch, shape, [0]), [], []]

/** Whether a value is a vector here, and a map of one position for ONNX. */
export const isPoint = ({ shape }: Live): boolean => shape.length === 1

/** The first input as [n, channels, height, width]. */
export const mapInput = (site: Site): Read<Live> =>
  pipe(
    inputInOrder(site),
    E.flatMap(value => {
      const { shape, view } = value
      const wanted = isPoint(value) ? pointView(site.batch, shape) : channelsFirst(site.batch, shape)
      return sameView(view, wanted)
        ? E.right(value)
        : site.differs('input 0', 'a map as [n, channels, height, width]', dimsOf(view).join(' × '))
    }),
  )

/** The same with at least two positions: a map here, too. */
export const properMapInput = (site: Site): Read<Live> =>
  pipe(
    mapInput(site),
    E.flatMap(value =>
      isPoint(value)
        ? site.differs('input 0', 'a map', `${channelsOf(value.shape)} × 1 × 1`)
        : E.right(value),
    ),
  )
