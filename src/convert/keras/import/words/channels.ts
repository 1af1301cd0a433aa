/** Slices and shuffles of channels, as `fuseChannelLayers` finds them. */
import * as t from 'io-ts'
import { leafPart } from '../../../tree/part.js'
import { channelClasses } from '../../topology/channel-layers.js'
import { type Reader, reader } from './reader.js'

const sizes = t.readonlyArray(t.number)

export const channelReaders: Readonly<Record<string, Reader>> = {
  [channelClasses.slice]: reader(
    { from: t.number, size: t.number, input: sizes },
    ({ from, size, input }) => [{ ...leafPart({ _tag: 'channelSlice', name: '', from, size }), input }],
  ),
  [channelClasses.shuffle]: reader({ groups: t.number, input: sizes }, ({ groups, input }) => [
    { ...leafPart({ _tag: 'channelShuffle', name: '', groups }), input },
  ]),
}
