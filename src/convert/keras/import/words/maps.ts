/** Layers that change the positions of a map, or none of its values. */
import * as t from 'io-ts'
import { finite } from '../../../../io/codec.js'
import { filled, leafPart } from '../../../tree/part.js'
import { extent, option, refined, sides } from './options.js'
import { windowOptions } from './products.js'
import { byRank, channelsLast, type Reader, reader } from './reader.js'

const pool = (
  kind: { readonly _tag: 'maxPool' } | { readonly _tag: 'avgPool'; readonly countPadding: false },
): Reader =>
  reader({ pool_size: option(extent, 2), ...windowOptions, strides: option(extent, null) }, config => [
    leafPart({
      ...kind,
      name: '',
      size: config.pool_size,
      stride: config.strides ?? config.pool_size,
      padding: config.padding,
    }),
  ])

const globalPool = (_tag: 'globalAvgPool' | 'globalMaxPool'): Reader =>
  reader({ keepdims: option(t.boolean, false), ...channelsLast }, () => [leafPart({ _tag, name: '' })])

/** A layer that leaves a vector, or a map of 1×1, as it is. */
const nothing: Reader = reader({}, () => [])

const flatten: Reader = reader(channelsLast, () => [leafPart({ _tag: 'flatten', name: '' })])

const oneSize = refined('one size, as in a flatten', u =>
  Array.isArray(u) && u.length === 1 ? u : undefined,
)

const reshape: Reader = reader({ target_shape: oneSize }, () => [leafPart({ _tag: 'flatten', name: '' })])

const vectorShape = refined('[n] or [1, 1, n]', u =>
  Array.isArray(u) && u.slice(0, -1).every(size => size === 1) ? u : undefined,
)

const vectorReshape: Reader = reader({ target_shape: vectorShape }, () => [])

const inOrder = refined('[1, 2, 3]', u => (Array.isArray(u) && u.join() === '1,2,3' ? u : undefined))

/** One factor and one offset for all values: a depthwise layer of 1×1. */
const rescaling: Reader = reader({ scale: finite, offset: option(finite, 0) }, ({ scale, offset }) => [
  leafPart(
    {
      _tag: 'depthwise',
      name: '',
      ...{ kernel: 1, stride: 1, dilation: 1, padding: 'valid', bias: true, norm: null, activation: null },
    },
    { kernel: filled(scale), bias: filled(offset) },
  ),
])

export const mapReaders: Readonly<Record<string, Reader>> = {
  ZeroPadding2D: reader({ padding: sides, ...channelsLast }, ({ padding }) => [{ _tag: 'pad', by: padding }]),
  MaxPooling2D: pool({ _tag: 'maxPool' }),
  AveragePooling2D: pool({ _tag: 'avgPool', countPadding: false }),
  GlobalAveragePooling2D: globalPool('globalAvgPool'),
  GlobalMaxPooling2D: globalPool('globalMaxPool'),
  Flatten: byRank({ map: flatten, point: nothing, vector: nothing }),
  Reshape: byRank({ map: reshape, point: vectorReshape, vector: vectorReshape }),
  Permute: byRank({ map: reader({ dims: inOrder }, () => []), point: nothing, vector: nothing }),
  Rescaling: rescaling,
}
