/** Layers that a view needs before a value can be read: a channel shuffle, or a map as a vector. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { mostChannels } from '../../../net/limits/limits.js'
import { channelsOf, sizeOf } from '../../../net/shape.js'
import type { Read, Site } from './site.js'
import type { Live } from './value.js'
import { channelAxisOf, flattenView, shuffleGroups, withChannels } from './view.js'

/** The value with its channels in order: where the view has them shuffled, behind a channel shuffle. */
export const inOrder = (site: Site, value: Live): Live => {
  const { shape, view } = value
  const channels = channelsOf(shape)
  const axis = channelAxisOf(view, shape)
  const groups = axis < 0 ? null : shuffleGroups(view[axis] ?? [], channels)
  return groups === null
    ? value
    : site.draft.addLeaf(
        site.node,
        value,
        { _tag: 'channelShuffle', name: '', groups },
        {},
        { shape, view: withChannels(view, axis, shape.length - 1, channels) },
      )
}

/** The first input with its channels in order. */
export const inputInOrder = (site: Site): Read<Live> =>
  pipe(
    site.live(0),
    E.map(value => inOrder(site, value)),
  )

const addFlatten = (site: Site, value: Live): Live =>
  site.draft.addLeaf(
    site.node,
    value,
    { _tag: 'flatten', name: '' },
    {},
    { shape: [sizeOf(value.shape)], view: flattenView(value.view, value.shape) },
  )

/** The value as a vector: a map is flattened row by row, and the view says in which order ONNX has it. */
export const asVector = (site: Site, value: Live): Read<Live> => {
  if (value.shape.length === 1) return E.right(value)
  return sizeOf(value.shape) <= mostChannels
    ? E.right(addFlatten(site, value))
    : site.differs('input 0', `at most ${mostChannels} values`, value.shape.join(' × '))
}
